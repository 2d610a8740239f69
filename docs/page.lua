-- Turns the chapters of docs/mathematics into one page: anchors for equations and chapters, links
-- between chapters to links within the page, figures inside it.

local anchors = {}  -- the ID of every numbered equation
local chapter = 0
local kLong = 40  -- a formula in a line of more letters may scroll on a phone
local names = {tanh = true, log = true, min = true, max = true}

local function basename(path) return path:match("([^/]+)%.md$") end

-- **RNN-dW**, alone or first on its line: the ID, else nil.
local function equation_id(block)
  if not block or block.t ~= "Para" or block.content[1].t ~= "Strong" then return nil end
  return pandoc.utils.stringify(block.content[1]):match("^[A-Z][A-Z]+[%w%-]*$")
end

local function is_formula(block)
  return block and block.t == "Para" and block.content[1].t == "Math" and
    block.content[1].mathtype == "DisplayMath"
end

-- A box for every formula, in which a wide one scrolls by itself; the equation's ID is its anchor.
local function boxes(blocks)
  local result = pandoc.List()
  local i = 1
  while i <= #blocks do
    local id = equation_id(blocks[i])
    if id and is_formula(blocks[i + 1]) then
      anchors[id] = true
      local words = pandoc.List(blocks[i].content)
      words[1] = pandoc.Link(words[1].content, "#" .. id)
      result:insert(pandoc.Div({pandoc.Div(pandoc.Plain(words), pandoc.Attr("", {"name"})),
        pandoc.Div(blocks[i + 1], pandoc.Attr("", {"formula"}))}, pandoc.Attr(id, {"equation"})))
      i = i + 2
    elseif is_formula(blocks[i]) then
      result:insert(pandoc.Div(blocks[i], pandoc.Attr("", {"formula"})))
      i = i + 1
    elseif blocks[i].t == "Table" then
      result:insert(pandoc.Div(blocks[i], pandoc.Attr("", {"table"})))
      i = i + 1
    else
      result:insert(blocks[i])
      i = i + 1
    end
  end
  return result
end

-- Chinese has no spaces; those that the source has around formulas and at line ends stay only between
-- Chinese letters and others.
local function is_wide(code) return code and code >= 0x2E80 and code <= 0xFFEF end
local function is_punctuation(code)
  return code and ((code >= 0x3000 and code <= 0x303F) or (code >= 0xFF00 and code <= 0xFF65) or
    code == 0x201C or code == 0x201D or code == 0x2014)
end
local function edge(inline, last)
  if not inline or inline.t == "Math" or inline.t == "Code" then return nil end
  local text = pandoc.utils.stringify(inline)
  if text == "" then return nil end
  return utf8.codepoint(text, last and utf8.offset(text, -1) or 1)
end
local function close_gaps(inlines)
  local result = pandoc.List()
  for i, inline in ipairs(inlines) do
    local gap = inline.t == "SoftBreak" or inline.t == "Space"
    local before, after = edge(inlines[i - 1], true), edge(inlines[i + 1], false)
    local drop = is_punctuation(before) or is_punctuation(after) or
      (inline.t == "SoftBreak" and is_wide(before) and is_wide(after))
    if not (gap and drop) then result:insert(inline) end
  end
  return result
end

-- The punctuation at the beginning of a text, in either language.
local function punctuation_of(text)
  for position, code in utf8.codes(text) do
    if not (is_punctuation(code) or utf8.char(code):match("^[.,;:!?)]$")) then return text:sub(1, position - 1) end
  end
  return text
end

-- No line begins with the punctuation that follows a formula.
local function hold_punctuation(inlines)
  local result = pandoc.List()
  for i, inline in ipairs(inlines) do
    local before = inlines[i - 1]
    local held = before and before.t == "Math" and inline.t == "Str" and punctuation_of(inline.text) or ""
    if held ~= "" then
      result[#result] = pandoc.Span({before, pandoc.Str(held)}, pandoc.Attr("", {"hold"}))
      inline = pandoc.Str(inline.text:sub(#held + 1))
    end
    result:insert(inline)
  end
  return result
end

-- [x](2-rnn.md#y) → #y or #2-rnn; from the index en/2-rnn.md → en.html#2-rnn. What lies outside of
-- these pages (source files) is only named.
local function link(element)
  local target = element.target
  if target:match("^%a+:") or target:match("^#") then return nil end
  local path, fragment = target:match("^([^#]*)#?(.*)$")
  local name, language = basename(path), path:match("^(%a%a)/")
  if not name or path:match("%.%./%.%.") then return element.content end
  element.target = (language and language .. ".html" or "") .. "#" .. (fragment ~= "" and fragment or name)
  return element
end

local function figure(image)
  local path = pandoc.utils.stringify(PANDOC_DOCUMENT_FOLDER) .. "/" .. image.src
  local file = assert(io.open(path, "rb"), "no figure " .. path)
  local svg = file:read("a")
  file:close()
  local label = pandoc.utils.stringify(image.caption):gsub('"', "")
  svg = svg:gsub('role="img"', 'role="img" aria-label="' .. label .. '"', 1)
  return pandoc.RawInline("html", '<span class="figure">' .. svg .. "</span>")
end

-- What is set otherwise than pandoc does it: names of functions upright, without a gap before a
-- parenthesis or a prime; a bold 1.
local function spell(tex)
  return (tex:gsub("\\operatorname{", "\\text{"):gsub("\\mathrm{(%a%a+)}", "\\text{%1}"):gsub("\\mathbf 1", "𝟏")
    :gsub("\\(%a+)(\\?[l('])", function(name, next)
      if names[name] then return "\\text{" .. name .. "}" .. next end
    end))
end

-- Browsers know only MathML Core: columns are aligned by a style, and fractions in rows are as large as
-- elsewhere. ∥ is a relation with gaps, ‖ a fence without; one hat for one letter.
local function repair(mathml)
  if not mathml:find("text-align", 1, true) then
    mathml = mathml:gsub('columnalign="(%a+)"', 'style="text-align: %1"')
  end
  return (mathml:gsub("<mtable", '<mtable displaystyle="true"'):gsub("∥", "‖")
    :gsub('(form="postfix">‖</mo>)(<mo[^>]*form="prefix">‖)', '%1<mspace width="0.15em"></mspace>%2')
    :gsub('<mo accent="true">[^<]*</mo>', '<mo accent="true" stretchy="false">^</mo>'))
end

local function math(element)
  element.text = spell(element.text)
  local html = pandoc.write(pandoc.Pandoc({pandoc.Plain({element})}), "html5", {html_math_method = "mathml"})
  assert(html:find("<math"), "pandoc can't convert the formula " .. element.text)
  html = repair(html)
  if element.mathtype == "InlineMath" and #element.text > kLong then html = '<span class="long">' .. html .. "</span>" end
  return pandoc.RawInline("html", html)
end

local function header(element)
  if element.level == 1 then
    chapter = chapter + 1
    element.identifier = basename(PANDOC_STATE.input_files[chapter])
  end
  return element
end

local function code(element)
  if anchors[element.text] then return pandoc.Link(element, "#" .. element.text) end
end

local chinese = false
return {
  {Meta = function(meta)
    chinese = pandoc.utils.stringify(meta.lang or ""):match("^zh") ~= nil
    PANDOC_DOCUMENT_FOLDER = meta.folder or "."
  end},
  {Blocks = boxes},
  {Inlines = function(inlines) return hold_punctuation(chinese and close_gaps(inlines) or inlines) end},
  {Header = header, Math = math, Link = link, Image = figure, Code = code},
}
