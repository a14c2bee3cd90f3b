"""Every address that visitors see. Paths in mails carry no trailing slash; `newsletter.rendering.links` writes them."""

from django.urls import path

from website.views import archive, article, ask, booked, booking, leaving, links, mail_page, pictures, sign_up

app_name = "website"
urlpatterns = [
    path("", article.home, name="home"),
    path("sciatica", article.article, name="article"),
    path("privacy", article.privacy, name="privacy"),
    path("robots.txt", article.robots, name="robots"),
    path("media/clinic-logo", pictures.logo, name="logo"),
    path("media/<str:name>", pictures.picture, name="picture"),
    path("archive", archive.archive, name="archive"),
    path("archive/feed.xml", archive.archive_rss, name="archive_rss"),
    path("archive/feed.json", archive.archive_json, name="archive_json"),
    path("archive/<int:pk>", archive.archived, name="archived"),
    path("archive/<int:pk>/mail", archive.archived_mail, name="archived_mail"),
    path("sitemap.xml", archive.sitemap, name="sitemap"),
    path("sign-up", sign_up.sign_up, name="sign_up"),
    path("sign-up/thanks", sign_up.signed_up, name="signed_up"),
    path("confirm/<str:token>", sign_up.confirm, name="confirm"),
    path("welcome", sign_up.confirmed, name="confirmed"),
    path("ask", ask.ask, name="ask"),
    path("ask/thanks", ask.asked, name="asked"),
    path("book", booking.book, name="book"),
    path("book/direct", links.book_directly, name="book_directly"),
    path("c/<str:token>/<int:n>", links.click, name="click"),
    path("only-in-the-email", links.only_in_the_email, name="only_in_the_email"),
    path("from-a-test", links.from_a_test, name="from_a_test"),
    path("u/<str:token>", leaving.unsubscribe, name="unsubscribe"),
    path("v/<str:token>", mail_page.mail_page, name="view"),
    path("p/<str:token>", leaving.preferences, name="preferences"),
    path("b/<str:token>", booked.booked, name="booked"),
    path("a/<str:token>", booking.appointment, name="appointment"),
    path("a/<str:token>/call.ics", booking.appointment_file, name="appointment_file"),
    path("call/<uuid:uid>", booking.call, name="call"),
    path("call/<uuid:uid>/call.ics", booking.call_file, name="call_file"),
    path("booked/thanks", booked.thanks, name="thanks_booked"),
]
