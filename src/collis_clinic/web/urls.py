"""Pages of the frame: home, health, offline. Lists and forms of the parts join here."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from collis_clinic.web import failures, home, labels, patients, stock, tasks, trail, users

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("health/", home.health, name="health"),
    path("offline/", failures.offline, name="offline"),
    path("sw.js", home.service_worker, name="service-worker"),
    path("emergency/<uuid:patient>/", home.emergency, name="break-glass"),
    path("emergency/", home.emergencies, name="break-glass-list"),
    path("emergency/<uuid:number>/review/", home.review_emergency, name="break-glass-review"),
    path("patients/", patients.patient_list, name="patient-list"),
    path("patients/register/", patients.register, name="register"),
    path("patients/<uuid:patient>/", patients.patient_page, name="patient"),
    path("patients/<uuid:patient>/edit/", patients.edit, name="patient-edit"),
    path("patients/<uuid:patient>/export/", patients.export, name="patient-export"),
    path("patients/<uuid:patient>/erase/", patients.erase, name="patient-erase"),
    path("patients/<uuid:patient>/book/", patients.book, name="patient-book"),
    path("patients/<uuid:patient>/toxin/", patients.toxin, name="toxin-ledger"),
    path("appointments/<uuid:number>/", patients.appointment, name="appointment"),
    path("tasks/", tasks.task_list, name="task-list"),
    path("tasks/<uuid:number>/", tasks.done, name="task-done"),
    path("stock/", stock.stock_list, name="stock-list"),
    path("stock/receive/", stock.receive, name="stock-receive"),
    path("stock/expire/", stock.expire, name="stock-expire"),
    path("stock/lots/<uuid:lot>/", stock.lot_page, name="stock-lot"),
    path("stock/lots/<uuid:lot>/recall/", stock.call_back, name="stock-recall"),
    path("stock/recalls/<uuid:number>/close/", stock.close_recall, name="stock-recall-close"),
    path("stock/vials/<uuid:vial>/waste/", stock.waste, name="stock-waste"),
    path("knowledge/", labels.knowledge, name="knowledge"),
    path("knowledge/labels/<slug:product>/<slug:region>/", labels.label, name="label"),
    path("knowledge/<path:path>/", labels.part, name="knowledge-part"),
    path("people/", users.user_list, name="user-list"),
    path("people/new/", users.user_new, name="user-new"),
    path("people/<int:number>/", users.user_edit, name="user-edit"),
    path("trail/", trail.audit_list, name="audit-list"),
]
