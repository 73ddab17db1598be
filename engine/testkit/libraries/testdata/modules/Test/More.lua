-- Stands in for the test tool Test.More. Each check prints a line that begins with "ok" or "not ok".
local count = 0

function plan() end
function done_testing() end
function diag() end
note = diag

function ok(passed, name)
  count = count + 1
  print((passed and "ok " or "not ok ") .. count .. " - " .. tostring(name))
  return passed
end

function is(got, expected, name)
  if not ok(got == expected, name) then print("  " .. tostring(got) .. " is not " .. tostring(expected)) end
end

function isnt(got, expected, name) ok(got ~= expected, name) end
function pass(name) ok(true, name) end
function fail(name) ok(false, name) end
function like(got, pattern, name) ok(tostring(got):match(pattern), name) end
function unlike(got, pattern, name) ok(not tostring(got):match(pattern), name) end
function type_ok(value, expected, name) ok(type(value) == expected, name) end
function lives_ok(fn, name) ok(pcall(fn), name) end

function error_like(fn, pattern, name)
  local fine, message = pcall(fn)
  ok(not fine and tostring(message):match(pattern), name)
end

function cmp_ok(a, operator, b, name)
  ok(assert(loadstring("local a, b = ... return a " .. operator .. " b"))(a, b), name)
end

function is_deeply(got, expected, name)
  local function same(a, b)
    if type(a) ~= "table" or type(b) ~= "table" then return a == b end
    for k, v in pairs(a) do if not same(v, b[k]) then return false end end
    for k in pairs(b) do if a[k] == nil then return false end end
    return true
  end
  ok(same(got, expected), name)
end
