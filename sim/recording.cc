#include "sim/recording.h"

#include <exception>
#include <istream>
#include <ostream>

#include "sim/boost_archives.h"
#include "sim/transcript.h"

namespace paxos::sim {

Status Save(const Recording& recording, std::ostream& out) {
  try {
    boost::archive::text_oarchive archive(out);
    archive << recording;
  } catch (const std::exception& error) {
    return {ErrorCode::kIo, std::string("write a recording: ") + error.what()};
  }
  out.flush();
  return out ? Status::Ok() : Status(ErrorCode::kIo, "write a recording: the stream failed");
}

Result<Recording> LoadRecording(std::istream& in) {
  try {
    Recording recording;
    boost::archive::text_iarchive archive(in);
    archive >> recording;
    return recording;
  } catch (const std::exception& error) {
    return Status(ErrorCode::kDamaged, std::string("read a recording: ") + error.what());
  }
}

std::string FirstDifference(const std::vector<Event>& recorded, const std::vector<Event>& now) {
  const auto text = [](const std::vector<Event>& events, std::size_t i) {
    if (i >= events.size()) return std::string("(the end)");
    return ShortText(events[i].at) + " n" + ToText(events[i].node) + " " +
           ShortText(events[i].kind) + " " + ToText(events[i].body);
  };
  for (std::size_t i = 0; i < std::max(recorded.size(), now.size()); ++i) {
    const bool is_same = i < recorded.size() && i < now.size() && recorded[i] == now[i];
    if (is_same) continue;
    return "event " + std::to_string(i + 1) + " was " + text(recorded, i) + "\n  and is now " +
           text(now, i);
  }
  return {};
}

}  // namespace paxos::sim
