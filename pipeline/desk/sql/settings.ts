/** Of a DuckDB that lives for one job: what lies in memory, and no file of its own. */
export const SETTINGS = {
  threads: '1',
  memory_limit: '256MB',
  // From the start: once loading has touched a temporary directory, it can no longer be taken away.
  temp_directory: '',
  max_temp_directory_size: '0B',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  // Else a table function would list the paths of the files read.
  enable_external_file_cache: 'false',
}
