// npm run mock: the built app on fixtures, to look at. Sign in as anybody with "correct horse".
import { startMock } from './mock.mjs'

const m = await startMock({ port: Number(process.env.PORT ?? 4173), scenario: process.argv[2] ?? 'norvane' })
console.log(`${m.url}  password: ${m.state.password}`)
