screen = {}

---@class moonlark.ScreenTheme
---@field accent? string a colour such as "#f1d08a"; it is made lighter or darker until it can be read
---@field scheme? "dark"|"light" default: "dark"
---@field scale? number size of everything, 0.5 to 3; default: 1

---@class moonlark.ScreenSettings
---@field title? string at the top of the page
---@field lang? string language of the texts of the page, such as "de"; default: "en"
---@field dir? "ltr"|"rtl" direction of the texts; default: that of lang
---@field theme? moonlark.ScreenTheme
---@field captions? "both"|"agent"|"user"|"none" whose words are shown; default: "both"
---@field idle? number seconds without a touch or a word until the idle page comes, 5 to 86400; default: 45
---@field linger? number seconds that blocks stay without a touch or a word; 0: until the script clears them; default: 60
---@field wake? boolean a touch of the idle page begins a conversation; default: true
---@field night? string hours in which only a dark clock is shown while nobody is there, such as "22:00-06:00"; default: "", none
---@field reach? "low"|"full" "low": all buttons are in the lower part of the screen; default: "full"
---@field texts? table<string, string> other words for texts of the page

---@class moonlark.TouchEvent
---@field id string the id of the button or its block, or ""
---@field action "press"|"choose"|"dismiss"|"wake"
---@field value string the value of the button, or its text

---@class moonlark.ScreenButton
---@field [1] string the text
---@field text? string in place of the first item
---@field on_press? fun(e: moonlark.TouchEvent)
---@field say? string what a touch says for the user, in place of on_press
---@field primary? boolean
---@field id? string
---@field value? string

---@class moonlark.ScreenItem
---@field [1] string the text
---@field [2]? string the detail
---@field text? string
---@field detail? string

---@class moonlark.ScreenCard: moonlark.ScreenItem
---@field image? string the name of a file, or the bytes of a picture
---@field alt? string what the image shows
---@field on_press? fun(e: moonlark.TouchEvent)
---@field say? string
---@field id? string
---@field value? string

---@class moonlark.ScreenChart
---@field kind? "bars"|"line" default: "bars"
---@field x (string|number)[] names of the values
---@field y number[]
---@field unit? string

---@class moonlark.ScreenBlock
---@field id? string a name for screen.update
---@field text? string
---@field style? "eyebrow"|"title"|"lead"|"body"|"small"
---@field big? string|number
---@field badge? string
---@field list? (moonlark.ScreenItem|string)[]
---@field cards? moonlark.ScreenCard[]
---@field title? string of a list, cards or a chart
---@field image? string the name of a file, or the bytes of a picture
---@field chart? moonlark.ScreenChart
---@field alt? string what the image or the chart shows
---@field qr? string
---@field caption? string of an image or a QR code
---@field detail? string of a QR code
---@field buttons? moonlark.ScreenButton[]
---@field columns? moonlark.ScreenBlock[][]
---@field progress? number 0 to 1
---@field until_? number the end of a timer, in seconds since 1970
---@field timer? number the same as until_
---@field space? number

---Sets the title, the language, the colours and what the page does. What is left out stays as it is.
---@param options moonlark.ScreenSettings
function screen.setup(options) end

---Shows blocks in place of what is shown.
---@param blocks moonlark.ScreenBlock[]
function screen.show(blocks) end

---Changes a block that is shown. Fields that are left out keep their values.
---@param id string
---@param block moonlark.ScreenBlock
---@return true? done
---@return string? reason
---@return string? code
function screen.update(id, block) end

---Shows a short message over what is there.
---@param text string
---@param seconds? number 1 to 60; default: 6
function screen.note(text, seconds) end

---Asks the person before the screen, and waits for the answer.
---@param question { title: string, text?: string, choices: string[], timeout?: number }
---@return string? choice
---@return string? reason
---@return string? code
function screen.ask(question) end

---Sets the page that is shown when nobody is there.
---@param options { title?: string, hint?: string, asks?: string[] }
function screen.idle(options) end

---Removes what the script shows.
---@return true? done
---@return string? reason
---@return string? code
function screen.clear() end

---Returns the open pages.
---@return { width: integer, height: integer, touch: boolean, sound: boolean }[]
function screen.pages() end

---Registers a tool with which the agent shows blocks.
---@param name string
---@param kinds ("text"|"big"|"list"|"cards"|"chart"|"qr"|"buttons"|"progress")[]
---@param options? { description?: string }
function screen.tool(name, kinds, options) end
