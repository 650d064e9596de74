// One question in a line of JSON, one answer in a line of JSON, until nobody asks any more.
import { createInterface } from 'node:readline'

/** Answers each question by the function of its name. */
export async function answer(functions) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...question } = JSON.parse(line)
    let said
    try {
      said = { done: (await functions[name](question)) ?? null }
    } catch (error) {
      said = { refused: await describe(error) }
    }
    process.stdout.write(`${JSON.stringify(said)}\n`)
  }
}

// What a library found wrong, with what the provider said of it where it said something.
async function describe(error) {
  const reason = error.cause?.message ?? error.cause?.error
  const message = [error.message, reason].filter(Boolean).join(': ')
  // Where there is a challenge they read no further.
  const isChallenge = error.code === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE'
  const body = isChallenge ? await error.response.json() : error
  return { error: body.error ?? null, code: error.code ?? error.name, message }
}

/** A pair of keys: the public one as JWK, and the private one with its name. */
export async function makeKey(generate, algorithm) {
  const pair = await generate(algorithm, { extractable: true })
  const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const kid = 'first'
  return { public: { ...jwk, kid, alg: algorithm, use: 'sig' }, private: { key: pair.privateKey, kid } }
}
