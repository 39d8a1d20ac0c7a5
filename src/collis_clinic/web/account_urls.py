"""Sign-in and second factors. Signing oneself up, email addresses and resets by email do not exist here."""

from __future__ import annotations

from allauth.account import views
from django.urls import URLPattern, URLResolver, include, path

from collis_clinic.web.failures import absent

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("second-factor/", include("allauth.mfa.urls")),
    path("signup/", absent, name="account_signup"),
    path("email/", absent, name="account_email"),
    path("password/set/", absent, name="account_set_password"),
    path("password/reset/", absent, name="account_reset_password"),
]
