-- A jukebox: plays the music in a folder by voice. The music is lowered while the agent speaks.
--
--   moonlark run --speaker auto --allow-env=MUSIC --allow-read=/music scripts/jukebox.lua
--
-- The variable MUSIC names the folder; without it, the folder is music, beside the script.

local folder = os.getenv("MUSIC") or "./music"
local queue = audio.queue { duck = 0.15 }
local titles = {} -- by sound

-- title returns the name of a song as people say it: "Blue Train" for "01 - blue_train.mp3".
local function title(path)
  local name = fs.basename(path, fs.extension(path)):gsub("^%d+[%s%-%._]*", ""):gsub("_", " ")
  return (name:gsub("%f[%w]%l", string.upper))
end

-- songs returns the paths of the songs whose title contains all words of text.
local function songs(text)
  local found = {}
  for _, kind in ipairs { "mp3", "ogg", "wav" } do
    for _, path in ipairs(assert(fs.glob(folder .. "/**/*." .. kind))) do
      local all = true
      for word in (text or ""):lower():gmatch("%w+") do
        all = all and path:lower():find(word, 1, true) ~= nil
      end
      if all then found[#found + 1] = path end
    end
  end
  table.sort(found)
  return found
end

-- add puts songs into the queue and returns a sentence about them.
local function add(found)
  for _, path in ipairs(found) do
    local sound, why = queue:add(path)
    if not sound then return nil, why end
    titles[sound] = title(path)
  end
  if #found == 1 then return "Now playing " .. title(found[1]) .. "." end
  return #found .. " songs, beginning with " .. title(found[1]) .. "."
end

register_tool {
  name = "play_music",
  description = "Plays songs whose title or folder contains some words, or all songs",
  parameters = { words = { type = "string", description = "words of the title, the album or the artist; empty for all songs" } },
  required = {},
  phrases = { "play {words}", "play some music" },
  handler = function(args)
    local words = args.words
    if words and words:find("music") then words = nil end
    local found = songs(words)
    if #found == 0 then return nil, "There is no such song." end
    queue:stop(1)
    queue:resume()
    titles = {}
    return add(found)
  end,
}

register_tool {
  name = "next_song",
  description = "Ends the song that plays, so that the next one begins",
  phrases = { "next song", "skip" },
  handler = function()
    if not queue:current() then return "Nothing is playing." end
    local left = queue:length()
    queue:skip(0.5)
    return left > 0 and "Here is the next one." or "That was the last one."
  end,
}

register_tool {
  name = "stop_music",
  description = "Stops the music",
  phrases = { "stop the music", "stop playing" },
  handler = function()
    queue:stop(1)
    return "The music is off."
  end,
}

register_tool {
  name = "pause_music",
  description = "Interrupts the music, or continues it",
  parameters = { paused = { type = "boolean", description = "true to interrupt it" } },
  handler = function(args)
    if args.paused then queue:pause() else queue:resume() end
    return args.paused and "The music waits." or "The music goes on."
  end,
}

register_tool {
  name = "music_volume",
  description = "Makes the music louder or quieter",
  parameters = { percent = { type = "integer", description = "0 to 100" } },
  phrases = { "volume {percent}", "set the volume to {percent}" },
  handler = function(args)
    local percent = math.min(math.max(args.percent, 0), 100)
    queue:volume(percent / 100, 0.5)
    return "The volume is " .. percent .. " percent."
  end,
}

register_tool {
  name = "what_is_playing",
  description = "Says which song plays, and how many wait",
  phrases = { "what is playing" },
  handler = function()
    local sound = queue:current()
    if not sound then return "Nothing is playing." end
    local waiting = queue:length()
    return titles[sound] .. ". " .. (waiting == 0 and "No more songs wait." or waiting .. " more songs wait.")
  end,
}
