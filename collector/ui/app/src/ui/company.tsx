// What every page knows: the overview of all sites, read once by the shell.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Loaded } from '../lib/api'
import type { Overview, Site } from '../lib/types'
import { plainName } from './state'

export const Company = createContext<Loaded<Overview>>({ data: undefined, error: undefined, stale: undefined, again: () => {} })

export const useCompany = () => useContext(Company)

/** A site's name for people. */
export function useSiteName(): (name: string) => string {
  const sites = useCompany().data?.sites
  return (name) => plainName(sites?.find((s: Site) => s.name === name)?.display_name || name)
}
