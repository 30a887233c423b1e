#include "net/frame_input.h"

namespace paxos::net {
namespace {

// A frame that was larger than this should not make its connection hold memory for ever.
constexpr std::size_t kKeptCapacityMax = 64 * 1024;

}  // namespace

Status FrameInput::Feed(std::string_view bytes, FrameSink& sink) {
  if (rest_.empty()) {
    const Result<std::size_t> used = Cut(bytes, sink);
    if (!used.has_value()) return used.error();
    rest_.assign(bytes.substr(*used));
    return Status::Ok();
  }
  rest_.append(bytes);
  const Result<std::size_t> used = Cut(rest_, sink);
  if (!used.has_value()) return used.error();
  rest_.erase(0, *used);
  if (rest_.empty() && rest_.capacity() > kKeptCapacityMax) rest_.shrink_to_fit();
  return Status::Ok();
}

Result<std::size_t> FrameInput::Cut(std::string_view bytes, FrameSink& sink) const {
  std::size_t used = 0;
  for (;;) {
    std::size_t size = 0;
    const Result<std::optional<Frame>> next = reader_.Next(bytes.substr(used), &size);
    if (!next.has_value()) return next.error();
    if (!next->has_value()) return used;
    used += size;
    if (!sink.TakeFrame(**next)) return used;
  }
}

}  // namespace paxos::net
