"""Temporary URLs: who is given one, for which path, and until when."""

import time
import uuid
from typing import Any

from . import tempurl
from .conversations import Conversations, Done, NotDone
from .site import STORAGE_ACCOUNT_PATH, Site
from .storage import Storage


class Files:
    """Carries out both GenerateURL requests, and checks paths that are published."""

    def __init__(self, site: Site, conversations: Conversations, storage: Storage) -> None:
        self._site = site
        self._conversations = conversations
        self._storage = storage
        self._container = f"{STORAGE_ACCOUNT_PATH}/{site.account}/"

    def upload_url(self, consumer: str, body: dict[str, Any], *, sharing: bool) -> Done:
        """Give a URL for one upload of the declared type and size."""
        guesses = self._site.guesses
        size, kind = _size(body.get("fileSize")), body.get("fileType")
        if size is None or not isinstance(kind, str):
            raise NotDone
        if not sharing:
            raise NotDone(status=guesses["sharing_off"], guess="sharing_off")
        if kind not in guesses["file_types"]:
            raise NotDone(guess="file_types")
        if size > guesses["size_limit"]:
            raise NotDone(guess="size_limit")
        mine = self._conversations.of(consumer)
        if not mine and guesses["upload_before_create"] == "refused":
            raise NotDone(guess="upload_before_create")
        if (
            mine
            and all(each.state != "OPEN" for each in mine)  # the request names no conversation
            and guesses["upload_after_close"] == "refused"
        ):
            raise NotDone("Bad Request, Conversation is close", guess="upload_after_close")
        now = self._site.clock.now()
        at = time.strftime("%d-%m-%Y_%H-%M-%S", time.gmtime(now)) + f"-{int(now * 1000) % 1000:03}"
        path = f"{self._container}{consumer}_uuid_{uuid.uuid4()}_{at}.{kind}"
        signed = self._signed("PUT", path, int(now) + self._site.upload_seconds)
        return Done(signed, "" if mine else "upload_before_create")

    def download_url(self, consumer: str, body: dict[str, Any]) -> Done:
        """Give a URL for downloads of a path; a closed conversation doesn't matter."""
        path = body.get("relativePath")
        if not isinstance(path, str) or not self._names_object(path):
            raise NotDone
        guesses = self._site.guesses
        known = self._is_own(consumer, path) or any(
            path == event.relative_path
            for each in self._conversations.of(consumer)
            for event in each.messages
        )
        if not known and guesses["download_foreign_path"] == "refused":
            raise NotDone(guess="download_foreign_path")
        missing = path not in self._storage.objects
        if missing and guesses["download_missing_object"] == "refused":
            raise NotDone(guess="download_missing_object")
        expires = int(self._site.clock.now()) + self._site.download_seconds
        guess = "download_missing_object" if missing else ""
        return Done(self._signed("GET", path, expires), guess)

    def check_published(self, consumer: str, path: str) -> str:
        """Refuse to publish *path*, or give the name of the guess by which it may be."""
        guesses = self._site.guesses
        if not self._names_object(path):
            raise NotDone
        if not self._is_own(consumer, path):
            if guesses["publish_foreign_path"] == "refused":
                raise NotDone(guess="publish_foreign_path")
            return "publish_foreign_path"
        if path not in self._storage.objects:
            if guesses["publish_never_uploaded"] == "refused":
                raise NotDone(guess="publish_never_uploaded")
            return "publish_never_uploaded"
        return ""

    def _is_own(self, consumer: str, path: str) -> bool:
        return path.startswith(f"{self._container}{consumer}_")

    def _names_object(self, path: str) -> bool:
        name = path.removeprefix(self._container)
        return path.startswith(self._container) and name != "" and not set("?#") & set(name)

    def _signed(self, method: str, path: str, expires: int) -> dict[str, Any]:
        signature = tempurl.sign(self._site.storage_key, method, expires, path)
        query = {"temp_url_sig": signature, "temp_url_expires": str(expires)}
        return {"relativePath": path, "queryParams": query}


def _size(given: Any) -> int | None:
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 20:
        given = int(given)
    is_size = isinstance(given, int) and not isinstance(given, bool) and given >= 1
    return given if is_size else None
