-- Functions for a body that raise an error, return odd values, and send a request of their own.
--> flags --allow-net=127.0.0.1
--> result ^5$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local why = {}
  local function try(f, ...)
    local ok, r, reason = pcall(http.post, url .. "/show", f)
    why[#why + 1] = ok and (r and "sent" or reason) or tostring(r)
  end
  try(function() error("odd") end)
  try(function() error() end)
  try(function() return {} end)
  try(function() return function() end end)
  local depth = 0
  local function inner() depth = depth + 1 if depth < 20 then http.post(url .. "/show", inner, { timeout = 1 }) end end
  try(inner)
  return #why
end)
