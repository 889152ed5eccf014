"""The routes by which agents publish files: photos, films, documents of those whom they represent."""

from greenroom.calendar.intervals import format_instant
from greenroom.gateway.answers import Created, Ok
from greenroom.gateway.routes import AGENT, Limit
from greenroom.identity.principal import Principal
from greenroom.uploads.desk import Upload
from greenroom.uploads.refusals import NotAsDeclared, NotUploaded, TypeNotTaken, UploadTooLarge
from greenroom.uploads.shapes import PublishedView, UploadBody, UploadView

from .services import CatalogApp
from .table import routes

COMPLETE = "/v1/uploads/{upload_id}/complete"


def own_upload(app: CatalogApp, principal: Principal, upload_id: str) -> Upload:
    """Load an upload of the caller's own; for anyone else it does not exist."""
    return app.uploads.own(upload_id, principal.user_id)


@routes.route("POST", "/v1/uploads", access=AGENT, limit=Limit.UPLOADS, errors=(UploadTooLarge, TypeNotTaken))
def begin_upload(body: UploadBody, principal: Principal, app: CatalogApp) -> Created[UploadView]:
    """Begin an upload.

    A `photo` may be a JPEG, PNG or WebP of at most 10 MB, a `video` an MP4 of at most 100 MB, a `document` a
    PDF of at most 10 MB. The answer is a form: post it to `url` as `multipart/form-data` with these `fields`
    and the file as the last field, `file`, before `expires_at`. It takes exactly `size` bytes. Nobody sees
    the file before the upload is completed; what never is goes after a day.
    """
    begun = app.uploads.begin(principal.user_id, body.purpose, body.content_type, body.size)
    return Created(
        body=UploadView(
            id=begun.upload.id,
            url=begun.form.url,
            fields=dict(begun.form.fields),
            expires_at=format_instant(begun.expires_at.replace(microsecond=0)),
        ),
        etag=str(begun.upload.version),
        location=COMPLETE.format(upload_id=begun.upload.id),
    )


@routes.route("POST", COMPLETE, access=AGENT, target=own_upload, errors=(NotUploaded, NotAsDeclared))
def complete_upload(target: Upload, app: CatalogApp) -> Ok[PublishedView]:
    """Publish what was uploaded.

    The bytes must be what was declared: they are looked at, whatever the file is called. Photos lose their
    metadata, such as where they were taken. `url` never changes and never shows anything else; completing
    an upload again, within a day, answers the same.
    """
    done = app.uploads.complete(target)
    return Ok(
        body=PublishedView(
            id=done.id,
            url=app.uploads.url(done),
            content_type=done.content_type,
            size=done.published_size or 0,
        )
    )
