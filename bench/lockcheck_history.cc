#include "bench/lockcheck_history.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>

namespace bench {
namespace {

// Reads what paxos::JsonWriter wrote, through the same descriptions. Throws on anything else.
class JsonReader {
 public:
  using is_saving = std::false_type;
  using is_loading = std::true_type;

  explicit JsonReader(const boost::json::object& object) : object_(object) {}

  template <class T>
  JsonReader& operator&(const paxos::NamedValue<T>& field) {
    Read(object_.at(field.name), field.value);
    return *this;
  }

 private:
  static void Read(const boost::json::value& json, std::string& value) {
    value = json.as_string().c_str();
  }
  template <paxos::shape::Integer T>
  static void Read(const boost::json::value& json, T& value) {
    value = json.to_number<T>();
  }
  template <paxos::shape::Id T>
  static void Read(const boost::json::value& json, T& value) {
    value = T(json.to_number<typename T::rep>());
  }
  template <paxos::shape::TimePoint T>
  static void Read(const boost::json::value& json, T& value) {
    value = T(typename T::duration(json.to_number<typename T::rep>()));
  }

  const boost::json::object& object_;
};

template <class Line>
void ReadInto(const boost::json::value& json, std::vector<Line>& lines) {
  JsonReader reader(json.as_object());
  serialize(reader, lines.emplace_back(), 0U);
}

void ReadLine(const std::string& line, History& history) {
  const boost::json::value json = boost::json::parse(line);
  const auto& [kind, content] = *json.as_object().begin();
  if (kind == Belief::kName) return ReadInto(content, history.beliefs);
  if (kind == Answer::kName) return ReadInto(content, history.answers);
  if (kind == Strike::kName) return ReadInto(content, history.strikes);
  const bool is_for_paxsim =
      kind == paxos::sim::HistoryHead::kName || kind == paxos::sim::Deal::kName;
  if (!is_for_paxsim) throw std::invalid_argument("no line of a history");
}

}  // namespace

paxos::Result<History> ReadHistory(std::istream& in) {
  History history;
  std::size_t number = 1;
  try {
    for (std::string line; std::getline(in, line); ++number) ReadLine(line, history);
  } catch (const std::exception& error) {  // Boost.JSON's, of several kinds
    return paxos::Status(paxos::ErrorCode::kDamaged,
                         "line " + std::to_string(number) + ": " + error.what());
  }
  return history;
}

}  // namespace bench
