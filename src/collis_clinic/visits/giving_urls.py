"""Addresses from the gate to the papers of a signed session."""

from __future__ import annotations

from django.urls import URLPattern, path

from collis_clinic.visits import (
    giving,
    giving_after,
    giving_close,
    giving_drawup,
    giving_gate,
    giving_papers,
    giving_sign,
    giving_timeout,
)

urlpatterns: list[URLPattern] = [
    path("<uuid:visit>/gate/", giving_gate.gate, name="gate"),
    path("override/<uuid:number>/second/", giving_gate.second, name="override-second"),
    path("override/<uuid:number>/review/", giving_gate.review, name="override-review"),
    path("<uuid:visit>/draw-up/", giving_drawup.draw_up, name="draw-up"),
    path("<uuid:visit>/time-out/", giving_timeout.time_out, name="time-out"),
    path("<uuid:visit>/given/", giving.given, name="given"),
    path("<uuid:visit>/observe/", giving_close.observe, name="observe"),
    path("<uuid:visit>/stop/", giving_close.stop, name="stop"),
    path("<uuid:visit>/sign/", giving_sign.sign, name="sign"),
    path("<uuid:visit>/signed/", giving_sign.signed, name="signed"),
    path("<uuid:visit>/countersign/", giving_sign.countersign, name="countersign"),
    path("<uuid:visit>/amend/", giving_sign.amend, name="amend"),
    path("<uuid:visit>/versions/", giving_sign.versions, name="versions"),
    path("verdict/<uuid:number>/", giving_sign.verdict, name="verdict"),
    path("<uuid:visit>/note/", giving_papers.note, name="note"),
    path("<uuid:visit>/claim/", giving_papers.claim, name="claim"),
    path("<uuid:visit>/letter.pdf", giving_papers.letter, name="letter"),
    path("<uuid:visit>/patient-page.pdf", giving_papers.patient_page, name="patient-page"),
    path("<uuid:visit>/next.ics", giving_papers.next_date, name="next-date"),
    path("<uuid:visit>/poor-response/", giving_after.poor, name="poor-response"),
    path("<uuid:visit>/report/", giving_after.report, name="report"),
    path("<uuid:visit>/report/<uuid:number>/sent/", giving_after.sent, name="report-sent"),
]
