-- Reads a barcode scanner, a remote control, and the keys of all devices.
local scanned = {}
local scanner = keys.open { kind = "scanner", grab = true }
if scanner then scanner:on_code(function(code) scanned[#scanned + 1] = code end) end

keys.on("volume_up", function(e) print("louder: " .. e.device .. " at " .. os.date("%H:%M:%S", e.time)) end)
keys.on("ctrl+alt+q", function() print("the end") end)

local remote = keys.open { name = "remote" }
remote:on("hold", function(e) print(e.key .. " is held") end, { key = "ok", hold = 3 })
remote:on("release", function(e) print(e.key .. " is released") end)

register_tool("codes", function() return table.concat(scanned, ", ") end)

register_tool("ask", function()
  local e, why = remote:wait("*", 5)
  return e and e.key or why
end)

register_tool("devices", function()
  local names = {}
  for i, d in ipairs(keys.devices()) do names[i] = d.name .. " (" .. d.kind .. ")" end
  return table.concat(names, ", ") .. "; the arrow is " .. (keys.pressed("up") and "pressed" or "not pressed")
end)
