"""The interface for other programs under /api/: the same rights, the same trail, the same refusals as the pages.

Its OpenAPI document is at /api/openapi.json. A caller is a signed-in session with its CSRF token (`/api/me` gives it).
Patients go by pseudonym and code: no name, no birth date and no number of a person is read or written here.
"""

from collis_clinic.web.api.door import urls

__all__ = ["urls"]
