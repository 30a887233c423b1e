#include "sim/history.h"

#include <exception>
#include <istream>
#include <ostream>

#include "sim/boost_archives.h"

namespace paxos::sim {

Status Save(const History& history, std::ostream& out) {
  try {
    boost::archive::text_oarchive archive(out);
    archive << history;
  } catch (const std::exception& error) {
    return {ErrorCode::kIo, std::string("write a history: ") + error.what()};
  }
  out.flush();
  return out ? Status::Ok() : Status(ErrorCode::kIo, "write a history: the stream failed");
}

Result<History> LoadHistory(std::istream& in) {
  try {
    History history;
    boost::archive::text_iarchive archive(in);
    archive >> history;
    return history;
  } catch (const std::exception& error) {
    return Status(ErrorCode::kDamaged, std::string("read a history: ") + error.what());
  }
}

}  // namespace paxos::sim
