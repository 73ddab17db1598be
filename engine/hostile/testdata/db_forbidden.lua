-- Statements that reach other files, load code, or change the settings of the connection.
--> result ^180$
local d = db.open("x", { query_timeout = 1 })
register_tool("attack", function()
  local n = 0
  for _, sql in ipairs {
    "ATTACH '/etc/passwd' AS p", "ATTACH ':memory:' AS p", "ATTACH 'file:x?mode=memory' AS p", "VACUUM INTO '/tmp/hostile-copy'", "VACUUM INTO 'copy'", "DETACH main",
    "SELECT load_extension('/lib/x.so')", "SELECT readfile('/etc/passwd')", "SELECT writefile('x', 'y')", "SELECT fts3_tokenizer('simple', x'00')", "SELECT edit('x')",
    "PRAGMA writable_schema = 1", "PRAGMA writable_schema = RESET", "PRAGMA temp_store_directory = '/tmp'", "PRAGMA data_store_directory = '/'", "PRAGMA journal_mode = OFF", "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA mmap_size = 1000000000", "PRAGMA cache_size = -1000000000", "PRAGMA soft_heap_limit = 0", "PRAGMA hard_heap_limit = 0", "PRAGMA max_page_count = 1000000000", "PRAGMA page_size = 65536",
    "PRAGMA trusted_schema = 1", "PRAGMA busy_timeout = 1000000000", "PRAGMA temp_store = FILE", "PRAGMA threads = 100", "PRAGMA wal_autocheckpoint = 0", "PRAGMA journal_size_limit = -1", "PRAGMA analysis_limit = 0", "PRAGMA module_list",
    "BEGIN", "BEGIN IMMEDIATE", "COMMIT", "SAVEPOINT s", "ROLLBACK", "UPDATE sqlite_master SET sql = 'x'", "DELETE FROM sqlite_schema", "CREATE VIRTUAL TABLE v USING csv(filename = '/etc/passwd')",
    "CREATE VIRTUAL TABLE v USING zipfile('/x.zip')", "SELECT * FROM fsdir('/')", "SELECT * FROM sqlite_dbpage", "SELECT * FROM pragma_writable_schema", "SELECT * FROM pragma_mmap_size(100000)", "CREATE TABLE sqlite_x (a)",
  } do
    for _, run in ipairs { d.exec, d.query, function(...) return d:transaction(function() return d:exec(sql) end) end, function() return d:prepare(sql):exec() end } do
      local ok, r, reason = pcall(run, d, sql)
      if ok and r then error(sql .. ": " .. json.encode(r)) end
      n = n + 1
    end
  end
  if not d:value("SELECT 1") then error("the database is gone") end
  return n
end)
