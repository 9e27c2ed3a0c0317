"""accountConfig's feature grants: what LivePerson's own staff have switched on for the account."""

from collections.abc import Iterator

from .http import Answer, json_answer
from .logins import AgentLogins
from .routes import ACCOUNT, CONFIG, Call, Route
from .site import Site

FEATURES = (
    "Common.Async_Messaging",
    "Messaging.Agent_File_Sharing",
    "Messaging.Agent_File_Sharing_V2",
)


class FeatureGrants:
    """
    Answers which features the account has; an administrator can look, and change nothing.

    What is *granted* can be changed from Python. No other service reads it: what switching a
    feature off changes elsewhere, no source says.
    """

    def __init__(self, site: Site, logins: AgentLogins) -> None:
        self._site = site
        self._logins = logins
        self.granted: dict[str, bool] = {}
        self.reset()

    def reset(self) -> None:
        """Grant every feature that file sharing needs."""
        self.granted.clear()
        self.granted.update(dict.fromkeys(FEATURES, True))

    def routes(self) -> Iterator[Route]:
        """Name the one address, whose version one of LivePerson's own clients leaves out."""
        path = f"{ACCOUNT}/configuration/provision/featureGrants"
        yield Route(CONFIG, "GET", path, self.read, ("1.0", "2.0", ""))

    def read(self, call: Call) -> Answer:
        """Answer with every feature, wrapped as deeply as the service does."""
        self._logins.check(call)
        data = [
            {"compoundFeatureID": name, "value": {"value": granted}}
            for name, granted in self.granted.items()
        ]
        account = {"itemsCollection": {"data": data}}
        body = {"appDataList": [{"accountList": {"accountList": [account]}}]}
        return json_answer(200, body, headers={"ac-revision": "1"}, guess="feature_grants")
