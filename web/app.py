"""The application: rooms joined, refusals answered, headers put on. Each room of pages is one line below."""

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from cases.refusals import CaseError
from persistence.attachments import Attachments
from tasks.catalogue import every_act
from tasks.office import Office
from tasks.passwords import Passwords
from web import (
    acts,
    case_pages,
    corrections,
    desk,
    door,
    exporting,
    figures,
    ledger,
    papers,
    refusals,
    suspicions,
    uploads,
    vitals,
    watching,
)
from web import office as office_pages
from web.api import make_api
from web.exports import Exports
from web.headers import SafeAnswers
from web.house import House
from web.pages import FOLDER
from web.settings import WebSettings
from web.signed_in import NotSignedIn, PasswordDue
from web.verifying import Verification


def make_app(
    office: Office, attachments: Attachments, passwords: Passwords, *, settings: WebSettings | None = None
) -> FastAPI:
    """Return the application that serves *office*."""
    every_act()
    settings = settings or WebSettings()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.house = House(office, attachments, passwords, settings, Verification(office), Exports())

    app.include_router(door.router)
    app.include_router(door.inside)
    app.include_router(desk.router)
    app.include_router(uploads.router)
    app.include_router(watching.router)
    app.include_router(ledger.router)
    app.include_router(case_pages.router)
    app.include_router(acts.router)
    app.include_router(corrections.router)
    app.include_router(suspicions.router)
    app.include_router(figures.router)
    app.include_router(papers.router)
    app.include_router(exporting.router)
    app.include_router(vitals.router)
    for router in office_pages.ROUTERS:
        app.include_router(router)
    app.mount("/api/v1", make_api(app.state.house), name="api")
    app.mount("/static", KeptFiles(directory=FOLDER / "static"), name="static")

    app.add_exception_handler(CaseError, refusals.refuse)
    app.add_exception_handler(NotSignedIn, refusals.lead_to_sign_in)
    app.add_exception_handler(PasswordDue, refusals.lead_to_password)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, refusals.fail)
    app.add_middleware(SafeAnswers, settings=settings)
    return app


class KeptFiles(StaticFiles):
    """Files of ours, asked for again when they have changed."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        answer = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed on as it came
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return refusals.nothing_here(request, error)
    return Response(status_code=error.status_code, headers=error.headers)
