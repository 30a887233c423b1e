#include "sim/paxsim_history.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "paxos/shape.h"

namespace paxos::sim {
namespace {

// Reads what JsonWriter wrote, through the same descriptions. Throws on anything else.
class JsonReader {
 public:
  using is_saving = std::false_type;
  using is_loading = std::true_type;

  explicit JsonReader(const boost::json::object& object) : object_(object) {}

  template <class T>
  JsonReader& operator&(const NamedValue<T>& field) {
    Read(object_.at(field.name), field.value);
    return *this;
  }

 private:
  static void Read(const boost::json::value& json, std::string& value) {
    value = json.as_string().c_str();
  }
  template <shape::Integer T>
  static void Read(const boost::json::value& json, T& value) {
    value = json.to_number<T>();
  }
  static void Read(const boost::json::value& json, Time& value) {
    value = Time{Duration{json.to_number<Duration::rep>()}};
  }
  static void Read(const boost::json::value& json, std::optional<Time>& value) {
    if (!json.is_null()) Read(json, value.emplace());
  }
  template <shape::Enumeration T>
  static void Read(const boost::json::value& json, T& value) {
    const std::string name = json.as_string().c_str();
    for (std::uint8_t number = 0; number < 16; ++number) {
      value = static_cast<T>(number);
      if (IsKnown(value) && ShortText(value) == name) return;
    }
    throw std::invalid_argument(name + " is no word of histories");
  }

  const boost::json::object& object_;
};

template <class Line>
Line LineOf(const boost::json::value& content) {
  Line line;
  JsonReader reader(content.as_object());
  serialize(reader, line, 0U);
  return line;
}

void ReadLine(const std::string& text, bool is_first, History& history) {
  const boost::json::value json = boost::json::parse(text);
  const boost::json::object& object = json.as_object();
  if (object.empty()) throw std::invalid_argument("an empty object");
  const auto& line = *object.begin();
  if (is_first) {
    if (line.key() != HistoryHead::kName)
      throw std::invalid_argument("no history begins like this");
    const std::uint32_t version = LineOf<HistoryHead>(line.value()).version;
    if (version != kHistoryVersion)
      throw std::invalid_argument("a history of version " + std::to_string(version));
  }
  if (line.key() == Deal::kName) history.deals.push_back(LineOf<Deal>(line.value()));
  if (line.key() == Belief::kName) history.beliefs.push_back(LineOf<Belief>(line.value()));
}

}  // namespace

Result<History> LoadHistory(std::istream& in) {
  History history;
  std::size_t number = 0;
  try {
    for (std::string text; std::getline(in, text);) ReadLine(text, ++number == 1, history);
  } catch (const std::exception& error) {  // Boost.JSON's, of several kinds
    return Status(ErrorCode::kDamaged, "line " + std::to_string(number) + ": " + error.what());
  }
  if (number == 0) return Status(ErrorCode::kDamaged, "an empty file");
  return history;
}

}  // namespace paxos::sim
