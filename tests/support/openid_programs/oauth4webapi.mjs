// npm's oauth4webapi as a relying party, and as a server of resources.
import * as oauth from 'oauth4webapi'
import { answer, makeKey } from './lines.mjs'

const options = { [oauth.allowInsecureRequests]: true }

let provider
let client
let proof
let key
let asked
let redirect

const proofs = {
  none: () => oauth.None(),
  client_secret_basic: (secret) => oauth.ClientSecretBasic(secret),
  client_secret_post: (secret) => oauth.ClientSecretPost(secret),
  private_key_jwt: () => oauth.PrivateKeyJwt(key),
}

// The signature is looked at too, though the token came from the provider itself.
async function tokens(response, process) {
  const answered = await process(response)
  const claims = oauth.getValidatedIdTokenClaims(answered) ?? null
  if (claims) await oauth.validateApplicationLevelSignature(provider, response, options)
  return { ...answered, claims }
}

await answer({
  async key({ algorithm }) {
    const made = await makeKey(oauth.generateKeyPair, algorithm)
    key = made.private
    return made.public
  },

  async discover({ issuer, client_id, authentication, secret, redirect_uri, signed }) {
    const address = new URL(issuer)
    const found = await oauth.discoveryRequest(address, options)
    provider = await oauth.processDiscoveryResponse(address, found)
    client = { client_id, id_token_signed_response_alg: signed }
    proof = proofs[authentication](secret)
    redirect = redirect_uri
    return provider
  },

  async begin({ parameters, pushed }) {
    const verifier = oauth.generateRandomCodeVerifier()
    asked = {
      verifier,
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      maxAge: parameters.max_age,
    }
    let whole = {
      client_id: client.client_id,
      redirect_uri: redirect,
      response_type: 'code',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: asked.state,
      nonce: asked.nonce,
      ...parameters,
    }
    if (pushed) {
      const response = await oauth.pushedAuthorizationRequest(provider, client, proof, whole, options)
      const { request_uri } = await oauth.processPushedAuthorizationResponse(provider, client, response)
      whole = { client_id: client.client_id, request_uri }
    }
    const address = new URL(provider.authorization_endpoint)
    for (const [name, value] of Object.entries(whole)) address.searchParams.set(name, value)
    return address.href
  },

  async finish({ url, posted }) {
    const came = posted ? new URLSearchParams(posted) : new URL(url)
    const parameters = oauth.validateAuthResponse(provider, client, came, asked.state)
    const response = await oauth.authorizationCodeGrantRequest(
      provider, client, proof, parameters, redirect, asked.verifier, options,
    )
    return tokens(response, (response) =>
      oauth.processAuthorizationCodeResponse(provider, client, response, {
        expectedNonce: asked.nonce,
        maxAge: asked.maxAge === undefined ? undefined : Number(asked.maxAge),
        requireIdToken: true,
      }),
    )
  },

  async who({ token, subject }) {
    const response = await oauth.userInfoRequest(provider, client, token, options)
    return oauth.processUserInfoResponse(provider, client, subject, response)
  },

  async refresh({ token }) {
    const response = await oauth.refreshTokenGrantRequest(provider, client, proof, token, options)
    return tokens(response, (response) => oauth.processRefreshTokenResponse(provider, client, response))
  },

  async introspect({ token }) {
    const response = await oauth.introspectionRequest(provider, client, proof, token, options)
    return oauth.processIntrospectionResponse(provider, client, response)
  },

  async revoke({ token }) {
    const response = await oauth.revocationRequest(provider, client, proof, token, options)
    return oauth.processRevocationResponse(response)
  },

  async program({ scope }) {
    const response = await oauth.clientCredentialsGrantRequest(provider, client, proof, { scope }, options)
    return oauth.processClientCredentialsResponse(provider, client, response)
  },

  async device({ scope }) {
    const response = await oauth.deviceAuthorizationRequest(provider, client, proof, { scope }, options)
    return oauth.processDeviceAuthorizationResponse(provider, client, response)
  },

  async poll({ device }) {
    const response = await oauth.deviceCodeGrantRequest(provider, client, proof, device.device_code, options)
    return tokens(response, (response) => oauth.processDeviceCodeResponse(provider, client, response))
  },

  end({ hint, after }) {
    const address = new URL(provider.end_session_endpoint)
    const parameters = { id_token_hint: hint, post_logout_redirect_uri: after, state: 'bye' }
    for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value)
    return address.href
  },

  // RFC 9068 §4: what a server of resources that asks nobody makes of an access token.
  resource({ token, audience }) {
    const request = new Request('https://files.example.org/', { headers: { authorization: `Bearer ${token}` } })
    return oauth.validateJwtAccessToken(provider, request, audience, options)
  },
})
