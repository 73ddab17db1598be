image = {}

---@class ImageScaleOptions
---@field fit? "inside"|"cover"|"stretch" default: "inside"
---@field format? "png"|"jpeg" default: "png"
---@field quality? integer of JPEG, from 1 to 100; default: 85

---Returns the size of a picture: PNG, JPEG, GIF or WebP.
---@param bytes string
---@return integer? width in pixels, or nil
---@return integer|string height in pixels, or the reason
---@return string kind "png", "jpeg", "gif" or "webp", or the code
function image.size(bytes) end

---Scales a picture.
---@param bytes string
---@param width integer at most 4096
---@param height integer at most 4096
---@param options? ImageScaleOptions
---@return string? bytes of the scaled picture
---@return string? reason
---@return string? code
function image.scale(bytes, width, height, options) end
