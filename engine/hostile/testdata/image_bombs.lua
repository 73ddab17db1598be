-- Pictures that say that they are very large, that are damaged, and that become very large.
--> result ^done$
local function be(n, bytes)
  local s = ""
  for i = 1, bytes do s = string.char(n % 256) .. s n = math.floor(n / 256) end
  return s
end
local function png(w, h, more) return "\137PNG\r\n\26\n" .. be(13, 4) .. "IHDR" .. be(w, 4) .. be(h, 4) .. "\8\6\0\0\0" .. be(0, 4) .. (more or "") end
local function gif(w, h, frames)
  local size = string.char(w % 256, math.floor(w / 256), h % 256, math.floor(h / 256))
  return "GIF89a" .. size .. "\128\0\0\0\0\0\255\255\255" .. (",\0\0\0\0" .. size .. "\0\2\2\76\1\0"):rep(frames) .. ";"
end
register_tool("attack", function()
  local picture = qr.encode("x", { size = 2048 })
  for _, file in ipairs { "", "\137PNG\r\n\26\n", png(0, 0), png(2 ^ 31 - 1, 2 ^ 31 - 1), png(60000, 60000), png(4096, 4096), png(8000, 8000, be(2 ^ 31 - 1, 4) .. "IDAT"),
    png(1, 1, ("\0\0\0\0tEXt\0\0\0\0"):rep(10000)), gif(65535, 65535, 1), gif(4000, 4000, 200), gif(1, 1, 20000), "GIF89a", "\255\216\255", ("\255\216\255\224"):rep(10000),
    "\255\216\255\192\0\17\8\255\255\255\255\3\1\34\0\2\17\1\3\17\1", "RIFF\255\255\255\255WEBPVP8 \255\255\255\255", "RIFF\20\0\0\0WEBPVP8L\8\0\0\0\47\255\255\255\255\0\0\0", picture:sub(1, 1000) } do
    image.size(file)
    local out = image.scale(file, 512, 512, { fit = "stretch" })
    if out and #out > 2 ^ 24 then error("a huge picture") end
  end
  for _, n in ipairs { 0, -1, 4097, 2 ^ 40, 0 / 0, 1.5 } do
    if pcall(image.scale, picture, n, 10) then error(n) end
  end
  if pcall(image.scale, picture, 10, 10, { quality = 0 }) or pcall(image.scale, picture, 10, 10, { fit = "x" }) then error("accepted") end
  local list = {}
  for i = 1, 2 do list[i] = function() return image.scale(picture, 4096, 4096, { format = "jpeg" }) end end
  task.settle(list, { timeout = 10 })
  return "done"
end)
