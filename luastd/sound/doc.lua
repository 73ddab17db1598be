audio = {}

---@class AudioSay
---@field say string the text to speak
---@field voice? string name of a voice of the text to speech
---@field model? string
---@field language? string such as "en" or "pt-br"
---@field speed? number 1 is the normal speed

---@class AudioOptions
---@field volume? number from 0 to 1; default: 1
---@field fade_in? number seconds; default: 0
---@field duck? number|false its volume while somebody speaks, from 0 to 1; false: not lowered; default: 0.2
---@field loop? boolean begin again at the end
---@field speech? boolean it is speech: other sounds are lowered meanwhile

---@class AudioQueuedOptions: AudioOptions
---@field priority? integer from -100 to 100; a sound of a higher priority is played first; default: 0

---@class AudioQueueOptions: AudioOptions
---@field gap? number seconds between two sounds

---@class AudioToneOptions: AudioOptions
---@field seconds? number length of each note; default: 0.2
---@field shape? "sine"|"triangle"|"square"|"bell"

---@class AudioRecordOptions
---@field until_silence? number end the recording when somebody has spoken and has then been silent for so many seconds
---@field rate? integer samples per second; default: 16000

---A sound that plays, or waits in a queue.
---@class AudioSound
local AudioSound = {}

---Waits until the sound has ended.
---@param timeout? number seconds
---@return boolean? ended false if the sound was stopped
---@return string? reason
---@return string? code
function AudioSound:wait(timeout) end

---Ends the sound.
---@param fade? number seconds; default: 0.05
function AudioSound:stop(fade) end

---Interrupts the sound.
function AudioSound:pause() end

---Continues the sound.
function AudioSound:resume() end

---Sets the volume.
---@param volume number from 0 to 1
---@param fade? number seconds; default: 0.05
function AudioSound:volume(volume, fade) end

---Returns whether the sound is to be heard.
---@return boolean playing
function AudioSound:playing() end

---Returns how much of the sound has been played.
---@return number seconds
function AudioSound:position() end

---Sounds that are played one after the other.
---@class AudioQueue
local AudioQueue = {}

---Adds a sound at the end, or before those with a lower priority.
---@param source string|AudioSay path, bytes or URL of a sound file, or a text to speak
---@param options? AudioQueuedOptions
---@return AudioSound? sound
---@return string? reason
---@return string? code
function AudioQueue:add(source, options) end

---Ends the sound that plays. The next one begins.
---@param fade? number seconds; default: 0.05
function AudioQueue:skip(fade) end

---Removes the sounds that wait.
function AudioQueue:clear() end

---Removes the sounds that wait, and ends the one that plays.
---@param fade? number seconds; default: 0.05
function AudioQueue:stop(fade) end

---Interrupts the queue.
function AudioQueue:pause() end

---Continues the queue.
function AudioQueue:resume() end

---Sets the volume of all sounds of the queue, which multiplies their own.
---@param volume number from 0 to 1
---@param fade? number seconds; default: 0.05
function AudioQueue:volume(volume, fade) end

---Returns how many sounds wait.
---@return integer
function AudioQueue:length() end

---Returns the sound that plays.
---@return AudioSound?
function AudioQueue:current() end

---Plays a sound, together with the agent's voice. Returns when the sound begins.
---@param source string|AudioSay path, bytes or URL of a sound file (WAV, MP3, Ogg Vorbis), or a text to speak
---@param options? AudioOptions
---@return AudioSound? sound
---@return string? reason why it does not play
---@return string? code
function audio.play(source, options) end

---Plays a sound or says a text when the agent is not speaking and no other announcement is. Other sounds are lowered meanwhile.
---@param source string|AudioSay
---@param options? AudioQueuedOptions
---@return AudioSound? sound
---@return string? reason
---@return string? code
function audio.announce(source, options) end

---Makes a queue of sounds. The options are the defaults for its sounds.
---@param options? AudioQueueOptions
---@return AudioQueue
function audio.queue(options) end

---Plays notes: hertz, 0 for a pause, or {hertz, seconds}.
---@param notes number|(number|number[])[]
---@param options? AudioToneOptions
---@return AudioSound? sound
---@return string? reason
---@return string? code
function audio.tone(notes, options) end

---Plays a short melody of bells.
---@param name "attention"|"doorbell"|"error"|"success"|"timer"
---@param options? AudioOptions
---@return AudioSound? sound
---@return string? reason
---@return string? code
function audio.chime(name, options) end

---Plays a tone.
---@param hertz? number default: 880
---@param seconds? number default: 0.15
---@return true? playing
---@return string? reason why it does not play
---@return string? code
function audio.beep(hertz, seconds) end

---Ends all sounds of the script.
---@param fade? number seconds; default: 0.05
function audio.stop(fade) end

---Returns whether a sound of the script plays.
---@return boolean
function audio.playing() end

---Records with the microphone.
---@param seconds number at most 300
---@param options? AudioRecordOptions
---@return string? wav the bytes of a WAV file
---@return boolean|string spoke whether somebody spoke, or the reason why there is no recording
---@return string? code
function audio.record(seconds, options) end

---Returns how loud the speaker and the microphone are: 0 is -60 dBFS or less, 1 is the loudest sound.
---@return { speaker: number, microphone: number }? levels
---@return string? reason
---@return string? code
function audio.levels() end

---Returns the sound devices of the machine.
---@return { speakers: { name: string, description: string, default: boolean }[], microphones: { name: string, description: string, default: boolean }[] }? devices
---@return string? reason
---@return string? code
function audio.devices() end
