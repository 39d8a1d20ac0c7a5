"""Addresses of the visit."""

from __future__ import annotations

from django.urls import URLPattern, path

from collis_clinic.visits import assess, check_in, choosing, editing, giving_urls, opening, scoring

app_name = "visits"

urlpatterns: list[URLPattern] = [
    path("start/<uuid:patient>/", opening.start, name="start"),
    path("<uuid:visit>/", opening.visit, name="visit"),
    path("<uuid:visit>/before/", opening.before, name="before"),
    path("<uuid:visit>/check-in/", check_in.check_in, name="check-in"),
    path("<uuid:visit>/assess/", assess.assess, name="assess"),
    path("<uuid:visit>/assess/posture/", assess.turning, name="posture"),
    path("<uuid:visit>/twstrs/", scoring.score, name="twstrs"),
    path("<uuid:visit>/twstrs/sums/", scoring.adding_up, name="twstrs-sums"),
    path("<uuid:visit>/plan/", choosing.plan, name="plan"),
    path("<uuid:visit>/plan/work-out/", choosing.work_out, name="work-out"),
    path("<uuid:visit>/plan/choose/", choosing.choose, name="choose"),
    path("<uuid:visit>/plan/<uuid:record>/<slug:key>/", choosing.expected_course, name="expected-course"),
    path("<uuid:visit>/lines/", editing.lines, name="lines"),
    path("<uuid:visit>/lines/try/", editing.trying, name="try"),
    path("<uuid:visit>/lines/product/", editing.switch, name="switch"),
    path("<uuid:visit>/lines/hold/", editing.hold, name="hold"),
    *giving_urls.urlpatterns,
]
