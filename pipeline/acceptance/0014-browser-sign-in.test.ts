import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserSignIn } from '../desk/entitlements/browser-sign-in.ts'
import { issuerOf, remoteKeys } from '../desk/entitlements/issuer.ts'
import { CLIENT, freePort, openOidc } from '../desk/testing/oidc.ts'
import { alertOf, openDesk } from '../desk/testing/world.ts'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))
if (CHROMIUM === undefined) {
  console.log('skipped: sign-in in a browser, because Chromium is missing (apt-get install chromium)')
  if ((process.env['LOOKTHROUGH_REQUIRE'] ?? '').includes('chromium')) throw new Error('Chromium is missing')
}
/** Where to leave pictures for a person to look at; none unless asked for. */
const PICTURES = process.env['LOOKTHROUGH_PICTURES']
const DASHBOARD = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url))

describe.skipIf(CHROMIUM === undefined)('in a browser, with an issuer on another site', () => {
  let oidc: Awaited<ReturnType<typeof openOidc>>
  let desk: Awaited<ReturnType<typeof openDesk>>
  let browser: Browser
  beforeAll(async () => {
    oidc = await openOidc()
    const port = await freePort()
    const keys = remoteKeys(oidc.jwksUri)
    const signIn = { clientId: CLIENT.clientId, redirectUri: `http://127.0.0.1:${port}/v1/callback` }
    desk = await openDesk([alertOf(1), alertOf(2)], {
      port,
      issuer: issuerOf(oidc.names, keys),
      signIn: browserSignIn({ ...oidc.names, signIn }, keys),
      dashboardDirectory: DASHBOARD,
    })
    browser = await chromium.launch({ ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }), args: ['--no-sandbox', '--disable-gpu'] })
  })
  afterAll(async () => {
    await browser.close()
    await desk.close()
    await oidc.close()
  })

  const open = async (locale: string, path = '/') => {
    const context = await browser.newContext({ locale, viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    const errors: string[] = []
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(`${desk.url}${path}`)
    return { context, page, errors }
  }
  const picture = async (page: Page, name: string) => {
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`) })
  }
  const rows = (page: Page) => page.locator('[data-alert-id]')

  test('one signs in at the issuer, comes back to where one was, sees the feed live, and is out after signing out', async () => {
    oidc.way.claims = { sub: 'wu', role: 'supervisor' }
    const { context, page, errors } = await open('zh-CN', `/#/alerts/${alertOf(2).id}`)
    await page.getByTestId('issuer').waitFor()
    await picture(page, 'sign-in-zh')
    await page.getByTestId('issuer').click()
    await page.locator('#go').click()
    await page.getByTestId('person').waitFor()
    expect(await page.getByTestId('person').textContent()).toContain('wu')
    await page.getByTestId('detail').waitFor()
    expect(await page.getByTestId('detail').getAttribute('data-detail-id')).toBe(alertOf(2).id)
    await picture(page, 'signed-in-zh')
    // While a row is chosen the list is held still: close the alert, then leave its row.
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    desk.push(alertOf(3))
    await rows(page).nth(2).waitFor()
    const [cookie] = (await context.cookies()).filter(({ name }) => name === 'lookthrough-session')
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', secure: false })
    expect(await page.evaluate('document.cookie + JSON.stringify(sessionStorage)')).toBe('{}')

    const other = await context.newPage()
    await other.goto(desk.url)
    await rows(other).first().waitFor()
    await page.getByTestId('sign-out').click()
    await page.getByTestId('sign-in').waitFor()
    await other.getByTestId('sign-in').waitFor()
    await page.reload()
    await page.getByTestId('issuer').waitFor()
    // The feed of the other page asks once more whether it is refused or cut off.
    expect(errors.filter((text) => !text.includes('401'))).toEqual([])
  })

  test('whom the desk has no role for is told so, in both languages, and a token still opens it', async () => {
    oidc.way.claims = { sub: 'li', role: undefined }
    const { page } = await open('en-US')
    await page.getByTestId('issuer').click()
    await page.locator('#go').click()
    await page.getByText('no role at this desk').waitFor()
    expect(page.url()).toBe(`${desk.url}/`)
    await picture(page, 'no-role-en')
    await page.getByText('中文').click()
    await page.getByText('没有监管席的角色').waitFor()
    await page.locator('#token').fill('token-of-desk-B0001')
    await page.locator('#token').press('Enter')
    await page.getByTestId('person').waitFor()
    expect(await page.getByTestId('person').textContent()).toContain('desk-B0001')
  })
})
