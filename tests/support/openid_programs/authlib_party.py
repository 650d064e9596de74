"""PyPI's Authlib as a relying party, by its integration with Django."""

import json
import sys

import django
from django.conf import settings

settings.configure(SECRET_KEY="of no use here", ALLOWED_HOSTS=["*"], INSTALLED_APPS=[])
django.setup()

from authlib.integrations.base_client import OAuthError  # noqa: E402
from authlib.integrations.django_client import OAuth  # noqa: E402
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from joserfc.jwk import ECKey, RSAKey  # noqa: E402

requests = RequestFactory()


class Party:
    def __init__(self):
        # What Django keeps for one browser.
        self.browser = {}
        self.private = None

    def key(self, algorithm):
        parameters = {"kid": "first", "alg": algorithm, "use": "sig"}
        if algorithm == "ES256":
            self.private = ECKey.generate_key("P-256", parameters)
        else:
            self.private = RSAKey.generate_key(2048, parameters)
        return self.private.as_dict(private=False)

    def discover(self, issuer, client_id, authentication, redirect_uri, signed, secret=None):
        proofs = []
        if authentication == "private_key_jwt":
            secret = self.private
            proofs = [PrivateKeyJWT(f"{issuer}/oauth2/token", alg=self.private.get("alg"))]
        self.redirect = redirect_uri
        self.signed = signed
        self.app = OAuth().register(
            "keyward",
            client_id=client_id,
            client_secret=secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_auth_methods=proofs,
            client_kwargs={
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": authentication,
            },
        )
        return {name: value for name, value in self.app.load_server_metadata().items() if name != "_loaded_at"}

    def begin(self, parameters, pushed):
        assert not pushed, "it pushes no requests"
        request = requests.get("/sign-in")
        request.session = self.browser
        # As `authorize_redirect` does it, which takes no parameter `request`.
        sent = self.app.create_authorization_url(self.redirect, **parameters)
        self.app.save_authorize_data(request, redirect_uri=self.redirect, **sent)
        return sent["url"]

    def finish(self, url, posted=None):
        request = requests.post(url, posted) if posted else requests.get(url)
        request.session = self.browser
        return self.told(self.app.authorize_access_token(request))

    def told(self, token, nonce=None):
        token = dict(token)
        # What a refresh brings is verified here; what a sign-in brings already was.
        claims = token.pop("userinfo", None) or self.app.parse_id_token(token, nonce)
        return {**token, "claims": claims and dict(claims)}

    def who(self, token, subject):
        told = self.app.userinfo(token={"access_token": token, "token_type": "bearer"})
        assert told["sub"] == subject
        return dict(told)

    def client(self):
        return self.app._get_oauth_client(**self.app.load_server_metadata())

    def at(self, name):
        return self.app.load_server_metadata()[name]

    def refresh(self, token):
        return self.told(self.client().refresh_token(self.at("token_endpoint"), token))

    def introspect(self, token):
        return self.client().introspect_token(self.at("introspection_endpoint"), token).json()

    def revoke(self, token):
        self.client().revoke_token(self.at("revocation_endpoint"), token).raise_for_status()

    def program(self, scope):
        grant = "client_credentials"
        return dict(self.client().fetch_token(self.at("token_endpoint"), grant_type=grant, scope=scope))

    def device(self, scope):
        client = self.client()
        proof = client.client_auth(client.token_endpoint_auth_method)
        address = self.at("device_authorization_endpoint")
        answer = client.post(address, {"scope": scope}, auth=proof, withhold_token=True)
        answer.raise_for_status()
        return answer.json()

    def poll(self, device):
        grant = "urn:ietf:params:oauth:grant-type:device_code"
        token = self.client().fetch_token(
            self.at("token_endpoint"), grant_type=grant, device_code=device["device_code"]
        )
        return self.told(token)

    def end(self, hint, after):
        return self.app.create_logout_url(after, hint, "bye")["url"]


party = Party()
for line in sys.stdin:
    question = json.loads(line)
    try:
        said = {"done": getattr(party, question.pop("do"))(**question)}
    except OAuthError as error:
        said = {"refused": {"error": error.error, "code": "OAuthError", "message": str(error)}}
    except Exception as error:
        said = {"refused": {"error": None, "code": type(error).__name__, "message": repr(error)}}
    print(json.dumps(said), flush=True)
