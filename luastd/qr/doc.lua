qr = {}

---@class QROptions
---@field size? integer width and height in pixels, up to 2048; default: 256
---@field level? "L"|"M"|"Q"|"H" how much of the code may be damaged: 7, 15, 25 or 30 %; default: "M"
---@field format? "png"|"svg"|"text" default: "png"
---@field border? integer width of the white border, in modules; default: 4

---Returns a QR code that holds a text.
---@param text string
---@param options? QROptions
---@return string? code bytes of a PNG image, an SVG image, or lines for a terminal
---@return string? reason
---@return string? code
function qr.encode(text, options) end
