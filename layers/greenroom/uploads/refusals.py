"""Why an upload is not taken."""

from greenroom.refusals import Refusal


class UploadTooLarge(Refusal):
    """More bytes than the purpose allows."""

    status, code, title = 413, "upload_too_large", "The file is too large for its purpose"


class TypeNotTaken(Refusal):
    """The purpose takes no files of that content type."""

    status, code, title = 415, "type_not_taken", "The purpose takes no files of this type"


class NotUploaded(Refusal):
    """No bytes have arrived."""

    status, code, title = 422, "not_uploaded", "Nothing has been uploaded yet"


class NotAsDeclared(Refusal):
    """The bytes are not a file of the declared type and size."""

    status, code, title = 422, "not_as_declared", "The file is not of the type and size that were declared"
