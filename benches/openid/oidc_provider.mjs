// npm's oidc-provider with an application and the tokens of so many users, all of it in memory.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const [, , packages, callers] = process.argv
const require = createRequire(`${packages}/`)
// What it says of itself is no answer.
const say = console.log
console.info = console.warn = console.log = console.error
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')))

const [clientId, secret] = ['wiki', 'a-secret-of-forty-three-characters-or-longer']
const server = createServer()
await new Promise((listens) => server.listen(0, '127.0.0.1', listens))
const { port } = server.address()
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: clientId,
      client_secret: secret,
      redirect_uris: ['https://wiki.example.org/cb'],
      grant_types: ['authorization_code', 'refresh_token'],
    },
  ],
  features: { introspection: { enabled: true }, devInteractions: { enabled: false } },
  rotateRefreshToken: true,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
})
server.on('request', provider.callback())

const client = await provider.Client.find(clientId)
const [access, refresh] = [[], []]
for (let number = 0; number < Number(callers); number += 1) {
  const accountId = `user${number}`
  const grant = new provider.Grant({ clientId, accountId })
  grant.addOIDCScope('openid offline_access')
  const grantId = await grant.save()
  const common = {
    accountId,
    client,
    grantId,
    scope: 'openid offline_access',
    gty: 'authorization_code',
    expiresWithSession: false,
    authTime: Math.floor(Date.now() / 1000),
  }
  access.push(await new provider.AccessToken(common).save())
  refresh.push(await new provider.RefreshToken(common).save())
}
say(`address 127.0.0.1:${port}`)
const told = {
  token: '/token',
  introspect: '/token/introspection',
  userinfo: '/me',
  authorize: '',
  redeem: '',
  proof: Buffer.from(`${clientId}:${secret}`).toString('base64'),
  cookies: '',
  access_tokens: access,
  refresh_tokens: refresh,
}
say(`told ${JSON.stringify(told)}`)
createInterface({ input: process.stdin }).on('close', () => process.exit())
