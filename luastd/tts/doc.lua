tts = {}

---@class TTSOptions: AudioOptions
---@field voice? string name of a voice of the text to speech
---@field model? string
---@field language? string such as "en" or "pt-br"
---@field speed? number from 0.25 to 4; 1 is the normal speed

---@class TTSFileOptions
---@field voice? string
---@field model? string
---@field language? string
---@field speed? number
---@field rate? integer samples per second; default: 24000
---@field timeout? number seconds; default: 60

---Speaks a text. Returns when the sound begins.
---@param text string
---@param options? TTSOptions
---@return AudioSound? sound
---@return string? reason
---@return string? code
function tts.say(text, options) end

---Returns the sound of a text as a WAV file.
---@param text string
---@param options? TTSFileOptions
---@return string? wav the bytes of the file
---@return string? reason
---@return string? code
function tts.wav(text, options) end
