/** Layers on the left that one looks through to a single point on the right. */
export function Logo({ large = false }: { large?: boolean }) {
  return (
    <svg className={large ? 'logo large' : 'logo'} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" className="logo-ground" />
      <g className="logo-lines">
        <path d="M6 10h8M6 16h8M6 22h8" opacity=".55" />
        <path d="M14 10c5 0 5 6 9 6M14 22c5 0 5-6 9-6M14 16h9" />
      </g>
      <circle cx="25" cy="16" r="3.2" className="logo-point" />
    </svg>
  )
}
