// npm's openid-client as a relying party.
import * as client from 'openid-client'
import { generateKeyPair } from 'oauth4webapi'
import { answer, makeKey } from './lines.mjs'

let config
let key
let asked
let redirect

const proofs = {
  none: () => client.None(),
  client_secret_basic: (secret) => client.ClientSecretBasic(secret),
  client_secret_post: (secret) => client.ClientSecretPost(secret),
  private_key_jwt: () => client.PrivateKeyJwt(key),
}

const tokens = (answered) => ({ ...answered, claims: answered.claims() ?? null })

await answer({
  async key({ algorithm }) {
    const made = await makeKey(generateKeyPair, algorithm)
    key = made.private
    return made.public
  },

  async discover({ issuer, client_id, authentication, secret, redirect_uri, signed }) {
    redirect = redirect_uri
    config = await client.discovery(
      new URL(issuer),
      client_id,
      { id_token_signed_response_alg: signed },
      proofs[authentication](secret),
      { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
    )
    return config.serverMetadata()
  },

  async begin({ parameters, pushed }) {
    const verifier = client.randomPKCECodeVerifier()
    asked = { verifier, state: client.randomState(), nonce: client.randomNonce(), maxAge: parameters.max_age }
    const whole = {
      redirect_uri: redirect,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: asked.state,
      nonce: asked.nonce,
      ...parameters,
    }
    const url = pushed
      ? await client.buildAuthorizationUrlWithPAR(config, whole)
      : client.buildAuthorizationUrl(config, whole)
    return url.href
  },

  async finish({ url, posted }) {
    const came = posted ? new Request(url, { method: 'POST', body: new URLSearchParams(posted) }) : new URL(url)
    const answered = await client.authorizationCodeGrant(config, came, {
      pkceCodeVerifier: asked.verifier,
      expectedState: asked.state,
      expectedNonce: asked.nonce,
      maxAge: asked.maxAge === undefined ? undefined : Number(asked.maxAge),
      idTokenExpected: true,
    })
    return tokens(answered)
  },

  who: ({ token, subject }) => client.fetchUserInfo(config, token, subject),

  refresh: async ({ token }) => tokens(await client.refreshTokenGrant(config, token)),

  introspect: ({ token }) => client.tokenIntrospection(config, token),

  revoke: ({ token }) => client.tokenRevocation(config, token),

  program: ({ scope }) => client.clientCredentialsGrant(config, { scope }),

  device: ({ scope }) => client.initiateDeviceAuthorization(config, { scope }),

  // Nobody waits: the test turns the clock of the provider.
  poll: async ({ device }) =>
    tokens(await client.pollDeviceAuthorizationGrant(config, { ...device, interval: 0 })),

  end: ({ hint, after }) =>
    client.buildEndSessionUrl(config, { id_token_hint: hint, post_logout_redirect_uri: after, state: 'bye' }).href,
})
