"""The application: rooms joined, refusals answered, headers put on. Each room of pages is one line below."""

from fastapi import Depends, FastAPI, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from cases.refusals import CaseError
from persistence.attachments import Attachments
from tasks.catalogue import every_act
from tasks.office import Office
from tasks.passwords import Passwords
from tasks.witness import Witness
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
from web.signed_in import NotSignedIn, PasswordDue, fit_address
from web.verifying import Verification


def make_app(
    office: Office,
    attachments: Attachments,
    passwords: Passwords,
    *,
    settings: WebSettings | None = None,
    witness: Witness | None = None,
) -> FastAPI:
    """Return the application that serves *office*; *witness*: where its checkpoints go."""
    every_act()
    settings = settings or WebSettings()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(fit_address)])
    app.state.house = House(office, attachments, passwords, settings, Verification(office, witness), Exports(), witness)

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
    app.add_api_route("/favicon.ico", _mark, include_in_schema=False)
    app.mount("/api/v1", make_api(app.state.house), name="api")
    app.mount("/static", KeptFiles(directory=FOLDER / "static"), name="static")

    app.add_exception_handler(CaseError, refusals.refuse)
    app.add_exception_handler(NotSignedIn, refusals.lead_to_sign_in)
    app.add_exception_handler(PasswordDue, refusals.lead_to_password)
    app.add_exception_handler(RequestValidationError, refusals.misunderstood)
    app.add_exception_handler(HTTPException, refusals.turn_away)
    app.add_exception_handler(Exception, refusals.fail)
    app.add_middleware(SafeAnswers, settings=settings)
    return app


class KeptFiles(StaticFiles):
    """Files of ours, asked for again when they have changed."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        answer = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed on as it came
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def _mark() -> Response:
    """Answer what browsers ask for by themselves beside files and JSON, where no page names our mark."""
    return FileResponse(FOLDER / "static" / "mark.svg", media_type="image/svg+xml")
