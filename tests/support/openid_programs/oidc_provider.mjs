// npm's oidc-provider: shaped like Entra for those who sign in by it, and a twin to differ with. What it is and who
// signs in next is said in lines of JSON.
import { createServer } from 'node:http'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import Provider from 'oidc-provider'
import { answer } from './lines.mjs'

// What it says of itself is no answer.
console.info = console.warn = console.log = console.error

let person
let provider

function key(kid) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }
}

const configuration = (clients, path) => ({
  clients,
  jwks: { keys: [key('first')] },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  // As Entra does: in the ID token, whatever is asked for.
  claims: { openid: ['sub', 'tid', 'oid', 'acct', 'ver', 'preferred_username', 'name', 'email', 'amr', 'auth_time', 'sid'] },
  conformIdTokenClaims: false,
  acrValues: [],
  pkce: { required: () => true },
  // By itself it calls nobody on its own machine, where Keyward is.
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    claimsParameter: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ ...person.claims, sub: id }) }),
  interactions: { url: (_, interaction) => `${path}/interaction/${interaction.uid}` },
  // Nobody is asked whether they agree.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
    grant.addOIDCScope('openid profile email offline_access')
    await grant.save()
    return grant
  },
})

// Whoever is sent to sign in is the person of whom the test spoke last.
async function interact(request, response) {
  const { prompt } = await provider.interactionDetails(request, response)
  if (prompt.name !== 'login') throw new Error(`nobody expected to be asked for ${prompt.name}`)
  const login = { accountId: person.subject, amr: person.amr, remember: true }
  await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false })
}

await answer({
  async start({ port, path, clients }) {
    provider = new Provider(`http://127.0.0.1:${port}${path}`, configuration(clients, path))
    for (const event of ['server_error', 'backchannel.error', 'authorization.error', 'end_session.error']) {
      provider.on(event, (_, error) => console.error(event, error))
    }
    const handle = provider.callback()
    const server = createServer((request, response) => {
      if (request.url.startsWith(`${path}/interaction/`)) {
        interact(request, response).catch((error) => {
          response.statusCode = 500
          response.end(String(error))
        })
        return
      }
      // What it is mounted below is taken away, as frameworks do.
      request.originalUrl = request.url
      request.url = request.url.slice(path.length) || '/'
      handle(request, response)
    })
    await new Promise((listens) => server.listen(port, '127.0.0.1', listens))
    server.unref()
  },

  person(question) {
    person = question
  },
})
