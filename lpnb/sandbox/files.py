"""Temporary URLs: who is given one, for which path, and until when."""

import time
import uuid
from collections.abc import Callable
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

from . import tempurl
from .conversations import CLOSED, Conversations
from .site import Site
from .storage import Storage
from .verdicts import Done, NotDone, let_pass

if TYPE_CHECKING:
    from .real_swift import RealSwift


_ALL_CLOSED = "the consumer's conversations are all closed"


class Files:
    """
    Carries out both GenerateURL requests, and checks paths that are published.

    Args:
        watch: called with each path that a URL is issued for.
    """

    def __init__(
        self,
        site: Site,
        conversations: Conversations,
        storage: "Storage | RealSwift",
        *,
        watch: Callable[[str], object] | None = None,
    ) -> None:
        self._site = site
        self._conversations = conversations
        self._storage = storage
        self._container = f"{site.storage_account_path}/{site.account}/"
        self._watch = watch

    def upload_url(self, consumer: str, body: dict[str, Any], *, sharing: bool) -> Done:
        """Give a URL for one upload of the declared type and size."""
        path, guess = self.new_path(consumer, body, sharing=sharing)
        when = ""
        if not self._conversations.of(consumer):
            why = "the consumer has no conversation to upload for"
            when = let_pass(self._site.guesses, "upload_before_create", why)
        elif not self._conversations.has_open(consumer):  # the request names none
            when = let_pass(self._site.guesses, "upload_after_close", _ALL_CLOSED, CLOSED)
        return Done(self.signed("PUT", path), guess or when)

    def new_path(self, owner: str, body: dict[str, Any], *, sharing: bool) -> tuple[str, str]:
        """Name the object of one upload of *owner*'s, and the guess it rests on, if any."""
        guesses = self._site.guesses
        size, kind = _size(body.get("fileSize")), body.get("fileType")
        if size is None:
            raise NotDone("fileSize is no number of bytes, in digits or as a number")
        if not isinstance(kind, str):
            raise NotDone("fileType is missing or no string")
        if not sharing:
            why = "the site property for file sharing is off"
            raise NotDone(why, status=guesses["sharing_off"], guess="sharing_off")
        if kind not in guesses["file_types"]:
            allowed = ", ".join(guesses["file_types"])
            raise NotDone(f"fileType is {short(kind)}, not one of {allowed}", guess="file_types")
        if size > guesses["size_limit"]:
            why = f"fileSize is {short(size)}, {guesses['size_limit']:,} bytes are allowed"
            raise NotDone(why, guess="size_limit")
        guess = "" if size else let_pass(guesses, "zero_size", "fileSize is 0")
        now = self._site.clock.now()
        at = time.strftime("%d-%m-%Y_%H-%M-%S", time.gmtime(now)) + f"-{int(now * 1000) % 1000:03}"
        path = f"{self._container}{owner}_uuid_{uuid.uuid4()}_{at}.{kind}"
        return path, guess

    def download_url(self, consumer: str, body: dict[str, Any]) -> Done:
        """Give a URL for downloads of a path."""
        path, guesses = body.get("relativePath"), self._site.guesses
        if not isinstance(path, str) or not self._names_object(path):
            raise NotDone("relativePath is missing or names no object of this account's")
        foreign = missing = closed = ""
        if not (self._is_own(consumer, path) or self._conversations.shows(consumer, path)):
            why = "relativePath was never shared with this consumer"
            foreign = let_pass(guesses, "download_foreign_path", why)
        if path not in self._storage.objects:
            missing = let_pass(guesses, "download_missing_object", "nothing lies at relativePath")
        if self._conversations.of(consumer) and not self._conversations.has_open(consumer):
            closed = let_pass(guesses, "download_after_close", _ALL_CLOSED, CLOSED)
        return Done(self.signed("GET", path), foreign or missing or closed)

    def check_published(self, consumer: str, path: str) -> str:
        """Refuse to publish *path*, or give the name of the guess by which it may be."""
        guesses = self._site.guesses
        if not self._names_object(path):
            raise NotDone("event.message.relativePath names no object of this account's")
        if not self._is_own(consumer, path):
            why = "event.message.relativePath was not given to this consumer"
            return let_pass(guesses, "publish_foreign_path", why)
        if path not in self._storage.objects:
            why = "nothing was uploaded to event.message.relativePath"
            return let_pass(guesses, "publish_never_uploaded", why)
        return ""

    def _is_own(self, consumer: str, path: str) -> bool:
        return path.startswith(f"{self._container}{consumer}_")

    def _names_object(self, path: str) -> bool:
        name = path.removeprefix(self._container)
        return path.startswith(self._container) and name != "" and not set("?#") & set(name)

    def signed(self, method: str, path: str) -> dict[str, Any]:
        """Sign one *method* on *path*, for as long as such a URL lives."""
        if self._watch:
            self._watch(path)
        site = self._site
        seconds = site.upload_seconds if method == "PUT" else site.download_seconds
        expires = int(site.clock.now()) + seconds
        signature = tempurl.sign(site.storage_key, method, expires, path)
        site.issued.append(signature)
        query = {"temp_url_sig": signature, "temp_url_expires": str(expires)}
        return {"relativePath": path, "queryParams": query}


def _size(given: Any) -> int | None:
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 20:
        given = int(given)
    return given if type(given) is int and given >= 0 else None  # True is no number
