stt = {}

---@class STTOptions
---@field language? string a code such as "en" or "pt-br"
---@field vocabulary? string[] sentences and words that are likely, the likeliest first
---@field timeout? number seconds; default: 30

---Returns the text that is spoken in a sound file, "" if nothing is said.
---@param sound string the bytes of a WAV, MP3 or Ogg Vorbis file, such as those that audio.record returns
---@param options? STTOptions
---@return string? text
---@return string? reason
---@return string? code
function stt.transcribe(sound, options) end
