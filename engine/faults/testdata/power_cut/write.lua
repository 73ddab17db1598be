-- Says what has survived the power cut, and then writes until the next one. Each kind of write has
-- numbers, and a number is said when the write must survive.

local function same(what, got, want)
  if got ~= want then error(("%s is %s, want %s"):format(what, tostring(got), tostring(want)), 2) end
end

-- latest returns the largest number up to n that has the remainder r when it is divided by count.
local function latest(n, count, r) return n - (n - r) % count end

local kinds = {}

-- A transaction of the store changes three keys.
kinds.store = {
  find = function()
    local n = store.get("n") or 0
    for r = 0, 49 do
      local m = math.max(0, latest(n, 50, r))
      same("the key of the store " .. r, store.get("key" .. r) or 0, m)
      same("the long key of the store " .. r, #(store.get("padding" .. r) or ""), m * 7 % 3000)
    end
    return n
  end,
  write = function(n)
    assert(store.transaction(function()
      assert(store.set("n", n))
      assert(store.set("key" .. n % 50, n))
      assert(store.set("padding" .. n % 50, ("x"):rep(n * 7 % 3000)))
      return true
    end))
  end,
}

-- A transaction of the database adds a row to log, and its number to one of ten sums.
local d
local function open()
  d = assert(db.open("a.db", { query_timeout = 300, busy_timeout = 300, migrations = { [[
  CREATE TABLE log (n INTEGER PRIMARY KEY, text);
  CREATE TABLE sums (id INTEGER PRIMARY KEY, sum);
  INSERT INTO sums VALUES (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0)]] } }))
end
kinds.db = {
  find = function()
    open() -- not at the top level, which may take 5 s only
    same("integrity_check", d:value("PRAGMA integrity_check"), "ok")
    local n = d:value("SELECT coalesce(max(n), 0) FROM log")
    same("the number of rows", d:value("SELECT count(*) FROM log"), n)
    same("the sum", d:value("SELECT sum(sum) FROM sums"), n * (n + 1) / 2)
    return n
  end,
  write = function(n)
    assert(d:transaction(function()
      assert(d:exec("INSERT INTO log VALUES (?, ?)", n, ("x"):rep(n % 3000)))
      assert(d:exec("UPDATE sums SET sum = sum + ? WHERE id = ?", n, n % 10))
      return true
    end))
  end,
}

-- Files are replaced one after the other.
local function content(n) return n .. ":" .. ("x"):rep(n * 37 % 20000) .. ":" .. n end
local function number(name, r)
  local text, why, code = fs.read(name .. r)
  if not text and code == "not_found" then return 0 end
  return tonumber(assert(text, why):match("^%d+") or 0), text
end

kinds.fs = {
  find = function()
    local n = 0
    for r = 0, 9 do n = math.max(n, (number("synced", r))) end
    for r = 0, 9 do
      local m, text = number("synced", r)
      same("the number in the file " .. r, m, math.max(0, latest(n, 10, r)))
      same("the file " .. r, text, m > 0 and content(m) or nil)
    end
    return n
  end,
  write = function(n) assert(fs.write("synced" .. n % 10, content(n))) end,
}

-- These may be lost, which shows that the power is really cut.
kinds.unsynced = {
  find = function()
    local n = 0
    for r = 0, 9 do n = math.max(n, (number("unsynced", r))) end
    return n
  end,
  write = function(n)
    assert(fs.write("unsynced" .. n % 10, content(n), { sync = false }))
    sleep(0.1)
  end,
}

local function run(name, kind)
  local n = kind.find()
  print(("found %s %d."):format(name, n))
  for i = n + 1, math.huge do
    -- For one of three seconds, nothing is written that makes the system write what may be lost, too.
    while name ~= "unsynced" and time.monotonic() % 3 >= 2 do sleep(0.05) end
    kind.write(i)
    print(("kept %s %d."):format(name, i))
  end
end

on_start(function()
  for name, kind in pairs(kinds) do
    spawn(function()
      local ok, why = pcall(run, name, kind)
      if not ok then print("broken: " .. why) end
    end)
  end
end)
