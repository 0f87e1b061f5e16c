/** Half a shield: redundancy that is at risk or reduced. */
export function Shield() {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
      <path d="M1 3.2C3 3 4.700 2.200 6 1c1.300 1.200 3 2 5 2.200 0 4-1.400 6.600-5 8.300C2.400 9.800 1 7.200 1 3.200Z" fill="none" stroke="var(--risk)" stroke-width="1.4" />
      <path d="M6 1.200v10C2.600 9.600 1.400 7.100 1.400 3.500 3.300 3.200 4.800 2.400 6 1.200Z" fill="var(--risk)" />
    </svg>
  )
}
