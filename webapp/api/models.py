"""The bodies of the API as models: what is read is judged by them, and the document is made of them."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from webapp.domain.drafts import unfit_sign


def _fit(value: Any) -> Any:
    if isinstance(value, str) and unfit_sign(value):
        raise ValueError(f"This text holds the character U+{ord(unfit_sign(value)):04X}, which no document can carry.")
    return value


Text = Annotated[str, BeforeValidator(_fit)]


class Body(BaseModel):
    """A body from outside: types as they are written; names that nobody knows are left alone."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class LoginBody(Body):
    """E-mail address and password."""

    username: Annotated[Text, Field(min_length=1, max_length=254, examples=["staff@demo.example"])]
    password: Annotated[Text, Field(min_length=1, max_length=200, examples=["koppel-demo-staff"])]


class RefreshBody(Body):
    """A refresh token."""

    refresh: Annotated[Text, Field(min_length=1, max_length=2000)]


class TokenAnswer(BaseModel):
    """Tokens; `expires_in` is the life of `access` in seconds."""

    access: str
    refresh: str
    expires_in: int


class Failure(BaseModel):
    """What every refusal looks like; `errors` names the fields, `items.0.quantity`."""

    success: bool
    message: str
    errors: dict[str, list[str]] | None = None
    data: dict[str, Any] | None = None
    detail: str | None = None
