#include "unroll/text/encoder_reader.h"

#include <utility>

#include "unroll/core/error.h"

namespace unroll {

namespace {

using Json = EncoderReader::Json;

/// Events of a parser become a value, but for the entries of one list of pairs of a text and a
/// count. It ends the parsing if one of these is anything else.
class VocabularyEvents : public nlohmann::json_sax<Json> {
 public:
  VocabularyEvents(std::string_view encoder, std::vector<Vocabulary::Entry>& entries)
      : encoder_(encoder), entries_(entries) {}

  Json take_root() { return std::move(root_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(std::int64_t value) override { return add(value); }
  bool number_unsigned(std::uint64_t value) override {
    if (!is_in_vocabulary()) return add(value);
    if (parts_++ != 1) return false;
    entries_.back().count = value;
    return true;
  }
  bool number_float(double value, const std::string&) override { return add(value); }
  bool string(std::string& value) override {
    if (!is_in_vocabulary()) return add(std::move(value));
    if (depth_ != vocabulary_depth_ + 1 || parts_++ != 0) return false;
    entries_.push_back({std::move(value), 0});
    return true;
  }
  bool binary(Json::binary_t&) override { return false; }

  bool start_object(std::size_t) override { return enter(Json::object()); }
  bool key(std::string& name) override {
    name_ = std::move(name);
    return true;
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override {
    if (is_in_vocabulary()) {
      parts_ = 0;
      return ++depth_ == vocabulary_depth_ + 1;
    }
    const bool is_vocabulary = is_of_encoder() && name_ == "vocabulary";
    if (is_vocabulary && !entries_.empty()) return false;
    if (!enter(Json::array())) return false;
    if (is_vocabulary) vocabulary_depth_ = depth_;
    return true;
  }
  bool end_array() override {
    if (!is_in_vocabulary()) return leave();
    if (depth_ > vocabulary_depth_) {
      --depth_;
      return parts_ == 2;
    }
    vocabulary_depth_ = 0;
    return leave();
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
    return false;
  }

 private:
  bool is_in_vocabulary() const { return vocabulary_depth_ > 0; }
  /// Whether the value that comes is a member of the encoder.
  bool is_of_encoder() const {
    return encoder_.empty() ? depth_ == 1 : depth_ == 2 && names_.back() == encoder_;
  }

  Json* put(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    Json& parent = *open_.back();
    if (!parent.is_array()) return &(parent[name_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }
  bool add(Json value) {
    if (is_in_vocabulary()) return false;
    put(std::move(value));
    return true;
  }
  bool enter(Json value) {
    if (is_in_vocabulary()) return false;
    open_.push_back(put(std::move(value)));
    names_.push_back(name_);
    ++depth_;
    return true;
  }
  bool leave() {
    open_.pop_back();
    names_.pop_back();
    --depth_;
    return true;
  }

  std::string_view encoder_;
  std::vector<Vocabulary::Entry>& entries_;
  Json root_;
  std::vector<Json*> open_;           // objects and lists, the innermost last
  std::vector<std::string> names_;    // by which they are members
  std::string name_;                  // the last key
  std::size_t depth_ = 0;             // how many are open, in the vocabulary too
  std::size_t vocabulary_depth_ = 0;  // within the vocabulary: its own depth
  std::size_t parts_ = 0;             // of the entry that is open
};

bool is_entry(const Json& value) {
  return value.is_array() && value.size() == 2 && value[0].is_string() &&
         value[1].is_number_unsigned();
}

}  // namespace

Json EncoderReader::parse(std::string_view text) {
  VocabularyEvents events(key_, entries_);
  if (Json::sax_parse(text, &events)) return events.take_root();
  entries_.clear();
  return parse_values(text);
}

/// For what is not as it should be: entries that are none stay in the value, so that `encoder` can
/// say what is wrong with them, and after what is wrong with the version.
Json EncoderReader::parse_values(std::string_view text) {
  const int keys = key_.empty() ? 1 : 2, pairs = keys + 1;
  bool in_encoder = key_.empty(), in_vocabulary = false;
  return Json::parse(text, [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == keys - 1) in_encoder = parsed == key_;
    if (event == Json::parse_event_t::key && depth == keys && in_encoder) {
      in_vocabulary = parsed == "vocabulary";
      if (in_vocabulary && !entries_.empty()) {
        throw ModelError(
            "text encoder: the encoder has two vocabularies; the model file is damaged or not of "
            "this program");
      }
    }
    const bool is_pair = event == Json::parse_event_t::array_end && depth == pairs && in_encoder &&
                         in_vocabulary && is_entry(parsed);
    if (is_pair)
      entries_.push_back(
          {std::move(parsed[0].get_ref<std::string&>()), parsed[1].get<std::uint64_t>()});
    return !is_pair;
  });
}

}  // namespace unroll
