"""The studio's addresses, by room. Each view says who may use it (accounts.access)."""

from django.urls import path

from studio.views import (
    appointments,
    brand,
    calls,
    campaign_acts,
    campaign_audience,
    campaign_calendar,
    campaign_review,
    campaigns,
    composer,
    content,
    dashboard,
    drafts,
    errands,
    experiment,
    hold,
    inbox,
    lead_acts,
    lead_ways,
    leads,
    mails,
    missing,
    pictures,
    preflight,
    programs,
    results,
    revisions,
    saved_blocks,
    segments,
    sequence_begin,
    sequence_editor,
    sequence_future,
    sequence_hold,
    sequence_publish,
    sequences,
    setup,
    sign_in,
    status,
    team,
    uncertain,
)

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
SETUP = [
    path("setup", setup.setup, name="setup"),
    path("setup/profile", setup.setup_profile, name="setup_profile"),
    path("setup/hours", setup.setup_hours, name="setup_hours"),
    path("setup/content", content.setup_content, name="setup_content"),
    path("setup/content/<int:pk>", content.setup_letter, name="setup_letter"),
    path("setup/test-mail", content.setup_test_mail, name="setup_test_mail"),
    path("setup/test-mail/send", content.test_mail_send, name="test_mail_send"),
    path("setup/test-mail/seen", content.test_mail_seen, name="test_mail_seen"),
    path("setup/programs", programs.programs, name="programs"),
    path("setup/programs/<int:pk>/revoke", programs.program_revoke, name="program_revoke"),
    path("setup/days-off", setup.day_off_add, name="day_off_add"),
    path("setup/days-off/<int:pk>/remove", setup.day_off_remove, name="day_off_remove"),
]
LEADS = [
    path("leads", leads.leads, name="leads"),
    path("leads/new", leads.lead_new, name="lead_new"),
    path("leads/<int:pk>", leads.lead, name="lead"),
    path("leads/<int:pk>/note", lead_acts.lead_note, name="lead_note"),
    path("leads/<int:pk>/tag", lead_acts.lead_tag, name="lead_tag"),
    path("leads/<int:pk>/untag", lead_acts.lead_untag, name="lead_untag"),
    path("leads/<int:pk>/details", lead_acts.lead_details, name="lead_details"),
    path("leads/<int:pk>/status", lead_acts.lead_status, name="lead_status"),
    path("leads/<int:pk>/booked/<slug:kind>", lead_acts.lead_goal, name="lead_goal"),
    path("leads/<int:pk>/next-mail", lead_acts.lead_next_mail, name="lead_next_mail"),
    path("leads/<int:pk>/take-out", lead_acts.lead_take_out, name="lead_take_out"),
    path("leads/<int:pk>/sequences", lead_ways.lead_ways, name="lead_ways"),
    path("leads/<int:pk>/unsubscribe", lead_acts.lead_unsubscribe, name="lead_unsubscribe"),
    path("leads/<int:pk>/erase", lead_acts.lead_erase, name="lead_erase"),
]
CALLS = [
    path("calls", calls.calls, name="calls"),
    path("calls/<int:pk>/reopen", calls.call_reopen, name="call_reopen"),
    path("calls/<int:pk>/<slug:outcome>", calls.call_handle, name="call_handle"),
]
APPOINTMENTS = [
    path("appointments", appointments.appointments, name="appointments"),
    path("appointments/<int:pk>", appointments.appointment, name="appointment"),
    path("appointments/<int:pk>/move", appointments.appointment_move, name="appointment_move"),
    path("appointments/<int:pk>/cancel", appointments.appointment_cancel, name="appointment_cancel"),
    path("appointments/<int:pk>/<slug:state>", appointments.appointment_outcome, name="appointment_outcome"),
    path("leads/<int:lead_pk>/book", appointments.appointment_new, name="appointment_new"),
]
HOLD = [
    path("hold", hold.hold, name="hold"),
    path("hold/set", hold.hold_set, name="hold_set"),
    path("hold/release", hold.hold_release, name="hold_release"),
]
SEGMENTS = [
    path("segments", segments.segments, name="segments"),
    path("segments/new", segments.segment_new, name="segment_new"),
    path("segments/look", segments.segment_look, name="segment_look"),
    path("segments/<int:pk>", segments.segment, name="segment"),
    path("segments/<int:pk>/delete", segments.segment_delete, name="segment_delete"),
]
CAMPAIGNS = [
    path("campaigns", campaigns.campaigns, name="campaigns"),
    path("campaigns/new", campaigns.campaign_new, name="campaign_new"),
    path("campaigns/calendar", campaign_calendar.campaign_calendar, name="campaign_calendar"),
    path("campaigns/<int:pk>", campaigns.campaign, name="campaign"),
    path("campaigns/<int:pk>/letter", campaigns.campaign_letter, name="campaign_letter"),
    path("campaigns/<int:pk>/audience", campaign_audience.campaign_audience, name="campaign_audience"),
    path("campaigns/<int:pk>/test", campaign_review.campaign_test, name="campaign_test"),
    path("campaigns/<int:pk>/schedule", campaign_review.campaign_schedule, name="campaign_schedule"),
    path("campaigns/<int:pk>/schedule/when", campaign_review.campaign_when, name="campaign_when"),
    path("campaigns/<int:pk>/schedule/checks", campaign_review.campaign_checks, name="campaign_checks"),
    path("campaigns/<int:pk>/unschedule", campaign_acts.campaign_unschedule, name="campaign_unschedule"),
    path("campaigns/<int:pk>/pause", campaign_acts.campaign_pause, name="campaign_pause"),
    path("campaigns/<int:pk>/resume", campaign_acts.campaign_resume, name="campaign_resume"),
    path("campaigns/<int:pk>/others", campaign_acts.campaign_others, name="campaign_others"),
    path("campaigns/<int:pk>/mend", campaign_acts.campaign_mend, name="campaign_mend"),
    path("campaigns/<int:pk>/mended", campaign_acts.campaign_mended, name="campaign_mended"),
    path("campaigns/<int:pk>/unmended", campaign_acts.campaign_unmended, name="campaign_unmended"),
    path("campaigns/<int:pk>/cancel", campaign_acts.campaign_cancel, name="campaign_cancel"),
    path("campaigns/<int:pk>/copy", campaign_acts.campaign_copy, name="campaign_copy"),
    path("campaigns/<int:pk>/again", campaign_acts.campaign_resend, name="campaign_resend"),
    path("campaigns/<int:pk>/repeat", campaign_acts.campaign_repeat, name="campaign_repeat"),
    path("campaigns/<int:pk>/archive", campaign_acts.campaign_archive, name="campaign_archive"),
    path("campaigns/<int:pk>/unarchive", campaign_acts.campaign_unarchive, name="campaign_unarchive"),
    path("campaigns/<int:pk>/public", campaign_acts.campaign_publish, name="campaign_publish"),
    path("campaigns/<int:pk>/private", campaign_acts.campaign_unpublish, name="campaign_unpublish"),
]
EXPERIMENTS = [
    path("campaigns/<int:pk>/ab", experiment.campaign_ab, name="campaign_ab"),
    path("campaigns/<int:pk>/ab/drop", experiment.campaign_ab_drop, name="campaign_ab_drop"),
    path("campaigns/<int:pk>/ab/test", experiment.campaign_ab_test, name="campaign_ab_test"),
    path("campaigns/<int:pk>/ab/letter/<slug:side>", experiment.campaign_ab_letter, name="campaign_ab_letter"),
    path("campaigns/<int:pk>/ab/take-back", experiment.campaign_ab_take_back, name="campaign_ab_take_back"),
    path("campaigns/<int:pk>/ab/choose/<slug:side>", experiment.campaign_ab_choose, name="campaign_ab_choose"),
]
RESULTS = [
    path("campaigns/<int:pk>/results", results.results, name="results"),
    path("campaigns/<int:pk>/results/mail/<int:revision>", results.results_map, name="results_map"),
    path("campaigns/<int:pk>/results/people", results.results_people, name="results_people"),
    path("campaigns/<int:pk>/results/people/file", results.results_people_file, name="results_people_file"),
    path("campaigns/<int:pk>/results/numbers", results.results_numbers_file, name="results_numbers_file"),
]
SEQUENCES = [
    path("sequences", sequences.sequences, name="sequences"),
    path("sequences/new", sequences.sequence_new, name="sequence_new"),
    path("sequences/<int:pk>", sequences.sequence, name="sequence"),
    path("sequences/<int:pk>/about", sequences.sequence_about, name="sequence_about"),
    path("sequences/<int:pk>/begin", sequence_begin.sequence_begin, name="sequence_begin"),
    path("sequences/<int:pk>/edit", sequence_editor.sequence_edit, name="sequence_edit"),
    path("sequences/<int:pk>/act", sequence_editor.sequence_act, name="sequence_act"),
    path("sequences/<int:pk>/here", sequence_editor.sequence_here, name="sequence_here"),
    path("sequences/<int:pk>/delete", sequences.sequence_delete, name="sequence_delete"),
    path("forecast", sequence_future.forecasts, name="forecast"),
    path("sequences/<int:pk>/try", sequence_future.sequence_try, name="sequence_try"),
    path("sequences/<int:pk>/try/<int:mail>", sequence_future.sequence_try_letter, name="sequence_try_letter"),
    path("sequences/<int:pk>/publish", sequence_publish.sequence_publish, name="sequence_publish"),
    path("sequences/<int:pk>/pause", sequence_hold.sequence_pause, name="sequence_pause"),
    path("sequences/<int:pk>/resume", sequence_hold.sequence_resume, name="sequence_resume"),
    path("sequence/steps/<int:pk>/letter", sequences.step_letter, name="step_letter"),
]
EMAILS = [
    path("emails/<int:pk>/edit", composer.email_edit, name="email_edit"),
    path("emails/<int:pk>/save", drafts.email_save, name="email_save"),
    path("emails/<int:pk>/preview", drafts.email_preview, name="email_preview"),
    path("emails/<int:pk>/here", drafts.email_here, name="email_here"),
    path("emails/<int:pk>/publish", drafts.email_publish, name="email_publish"),
    path("emails/<int:pk>/test", errands.email_test, name="email_test"),
    path("emails/<int:pk>/links", errands.email_links, name="email_links"),
    path("emails/<int:pk>/allowed/<slug:key>", errands.email_allow, name="email_allow"),
    path("emails/<int:pk>/revisions", revisions.email_revisions, name="email_revisions"),
    path("revisions/<int:pk>/restore", revisions.revision_restore, name="revision_restore"),
    path("emails/readers", drafts.email_readers, name="email_readers"),
    path("emails/frame", drafts.preview_frame, name="preview_frame"),
    path("saved-blocks", saved_blocks.saved_blocks, name="saved_blocks"),
    path("saved-blocks/<int:pk>/delete", saved_blocks.saved_block_delete, name="saved_block_delete"),
]
MAILS = [
    path("mails", mails.mails, name="mails"),
    path("presets/keep", mails.preset_keep, name="preset_keep"),
    path("presets/<slug:key>/change", mails.preset_change, name="preset_change"),
    path("presets/<int:pk>/delete", mails.preset_delete, name="preset_delete"),
]
BRAND = [
    path("brand", brand.brand, name="brand"),
    path("brand/sample", brand.brand_sample, name="brand_sample"),
    path("brand/letter", brand.brand_letter, name="brand_letter"),
]
PICTURES = [
    path("pictures", pictures.library, name="library"),
    path("pictures/all", pictures.pictures, name="pictures"),
    path("pictures/upload", pictures.picture_upload, name="picture_upload"),
    path("pictures/add", pictures.picture_add, name="picture_add"),
    path("pictures/<str:name>/describe", pictures.picture_describe, name="picture_describe"),
    path("pictures/<str:name>/delete", pictures.picture_delete, name="picture_delete"),
]
PREFLIGHT = [
    path("claims", preflight.claims, name="claims"),
    path("emails/<int:pk>/allow/<slug:key>", preflight.finding_allow, name="finding_allow"),
    path("emails/overrides/<int:pk>/take-back", preflight.override_take_back, name="override_take_back"),
    path("campaigns/<int:pk>/tags", preflight.campaign_tags, name="campaign_tags"),
    path("campaigns/<int:pk>/links", preflight.links_check, name="links_check"),
]
STATUS = [path("status", status.status, name="status")]
UNCERTAIN = [
    path("uncertain", uncertain.uncertain, name="uncertain"),
    path("uncertain/<int:pk>/<slug:choice>", uncertain.uncertain_decide, name="uncertain_decide"),
]
INBOX = [
    path("inbox", inbox.inbox, name="inbox"),
    path("inbox/<str:name>", inbox.mail, name="mail"),
    path("inbox/<str:name>/html", inbox.mail_html, name="mail_html"),
    path("inbox/<str:name>/source", inbox.mail_source, name="mail_source"),
]

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    *SIGN_IN,
    *TEAM,
    *SETUP,
    *LEADS,
    *CALLS,
    *APPOINTMENTS,
    *SEGMENTS,
    *CAMPAIGNS,
    *EXPERIMENTS,
    *RESULTS,
    *SEQUENCES,
    *EMAILS,
    *MAILS,
    *BRAND,
    *PICTURES,
    *PREFLIGHT,
    *UNCERTAIN,
    *HOLD,
    *STATUS,
    *INBOX,
    path("<path:rest>", missing.missing, name="missing"),
]
