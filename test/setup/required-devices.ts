import { existsSync } from 'node:fs'

/** Where Debian's chromium brings a Vulkan driver that needs no GPU. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** Has programs that are started from here find a Vulkan driver, unless the environment names one. */
export function provideVulkan(): void {
  if (process.env.VK_ICD_FILENAMES === undefined && existsSync(SWIFTSHADER))
    process.env.VK_ICD_FILENAMES = SWIFTSHADER
}

/**
 * Whether the tests of a device can run. Where its stack is missing they are left out, by name; unless
 * TENSORLOOM_REQUIRE_DEVICES, a list of names, says that it must be there.
 *
 * @param missing what is missing; null where the device is there
 */
export function hasDevice(name: string, missing: string | null): boolean {
  if (missing === null) return true
  const required = (process.env.TENSORLOOM_REQUIRE_DEVICES ?? '').split(',').map(each => each.trim())
  if (required.includes(name)) throw new Error(`${name} is required, but ${missing}`)
  console.info(`Left out: the tests of ${name}, since ${missing}`)
  return false
}
