"""The studio's addresses, by room. Each view says who may use it (accounts.access)."""

from django.urls import path

from studio.views import dashboard, hold, missing, sign_in, team

app_name = "studio"

SIGN_IN = [
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("password/forgotten", sign_in.forgotten, name="forgotten"),
    path("password/forgotten/done", sign_in.forgotten_done, name="forgotten_done"),
    path("password/new/<uidb64>/<token>", sign_in.new_password, name="new_password"),
    path("welcome/<str:token>", sign_in.welcome, name="welcome"),
    path("account", sign_in.account, name="account"),
    path("account/password", sign_in.own_password, name="own_password"),
]
TEAM = [
    path("team", team.team, name="team"),
    path("team/invite", team.invite, name="invite"),
    path("team/invitations/<int:pk>/withdraw", team.invitation_withdraw, name="invitation_withdraw"),
    path("team/<int:pk>", team.member, name="member"),
    path("team/<int:pk>/end", team.member_deactivate, name="member_deactivate"),
    path("team/<int:pk>/back", team.member_reactivate, name="member_reactivate"),
]
HOLD = [
    path("hold", hold.hold, name="hold"),
    path("hold/set", hold.hold_set, name="hold_set"),
    path("hold/release", hold.hold_release, name="hold_release"),
]

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    *SIGN_IN,
    *TEAM,
    *HOLD,
    path("<path:rest>", missing.missing, name="missing"),
]
