#include "sim/paxsim_picture.h"

#include <algorithm>
#include <regex>

#include "paxos/json_writer.h"
#include "sim/cluster.h"
#include "sim/paxsim_words.h"

namespace paxos::sim {

Time Picture::now() const { return cluster_->now(); }

void Picture::OnBegin(const Cluster& cluster) {
  cluster_ = &cluster;
  for (std::uint64_t node = 1; node <= cluster.size(); ++node) lanes_[node] = true;
}

// ---- marks on the lanes ---------------------------------------------------------------------

void Picture::Open(Lane lane, const std::string& kind, const std::string& name, std::string text) {
  Close(lane, kind, name);
  lanes_[lane] = true;
  open_[lane][kind + " " + name] = spans_.size();
  spans_.push_back(Span{lane, kind, now(), std::nullopt, std::move(text)});
}

void Picture::Close(Lane lane, const std::string& kind, const std::string& name) {
  Spans& open = open_[lane];
  const auto found = open.find(kind + " " + name);
  if (found == open.end()) return;
  spans_[found->second].to = now();
  open.erase(found);
}

void Picture::CloseAll(Lane lane) {
  for (const auto& [name, place] : std::exchange(open_[lane], {})) spans_[place].to = now();
}

void Picture::Add(Lane lane, std::string kind, std::uint64_t slot, std::string text) {
  lanes_[lane] = true;
  points_.push_back(Point{now(), lane, std::move(kind), slot, std::move(text)});
}

// ---- events ---------------------------------------------------------------------------------

void Picture::OnEvent(const EventView& event) {
  const Lane lane = event.node.value();
  switch (event.kind) {
    case EventKind::kDeliver:
      Arrive(Encode(*event.As<Envelope>()));
      return;
    case EventKind::kPause:
      return Open(lane, "pause", "", "stands still");
    case EventKind::kResume:
      return Close(lane, "pause", "");
    case EventKind::kFault: {
      const Fault& fault = *event.As<Fault>();
      spans_.push_back(Span{0, "fault", now(), now() + fault.lasts, ShortText(fault.what)});
      return;
    }
    case EventKind::kHeal:
      return Add(0, "heal", 0, "faults are over");
    case EventKind::kClient:
      if (const Text* text = event.As<Text>()) OnClient(text->bytes);
      return;
    case EventKind::kWake:
    case EventKind::kTurn:
    case EventKind::kDurable:
    case EventKind::kStart:
      return;
    case EventKind::kSocket:
      if (const Text* bytes = event.As<Text>(); bytes != nullptr && lane != 0)
        Arrive("request " + bytes->bytes);
      return;
    default:
      return Add(lane, ShortText(event.kind), 0, ShortText(event.kind));
  }
}

// "c3 starts", "c3 dies"; what else clients say of themselves begins alike.
void Picture::OnClient(const std::string& text) {
  if (text.empty() || text[0] != 'c') return;
  const std::size_t space = text.find(' ');
  const Lane lane = kClients + std::strtoull(text.c_str() + 1, nullptr, 10);
  if (lane == kClients || space == std::string::npos) return;
  const std::string what = text.substr(space + 1);
  if (what == "dies") CloseAll(lane);
  if (what == "starts") return Open(lane, "alive", "", "alive");
  Add(lane, "client", 0, text);
}

void Picture::OnStart(NodeId node, const DiskImage& image) {
  Close(node.value(), "down", "");
  Add(node.value(), "start", 0,
      "starts with prefix " + ToText(image.chosen_prefix()) + ", promised " +
          ToText(image.promised()));
}

void Picture::OnStop(NodeId node) {
  CloseAll(node.value());
  Open(node.value(), "down", "", "is down");
}

void Picture::OnLead(NodeId node, const Ballot& ballot) {
  Open(node.value(), "leads", "", "leads in " + ToText(ballot));
}

void Picture::OnStepDown(NodeId node) { Close(node.value(), "leads", ""); }

// ---- messages -------------------------------------------------------------------------------

void Picture::Send(const std::string& key, Arrow arrow) {
  in_flight_[key].push_back(arrows_.size());
  arrows_.push_back(std::move(arrow));
}

// What comes once more was copied or replayed on its way.
Picture::Arrow* Picture::Arrive(const std::string& key) {
  const auto found = in_flight_.find(key);
  if (found == in_flight_.end()) return nullptr;
  std::deque<std::size_t>& places = found->second;
  while (places.size() > 1 && arrows_[places.front()].arrived) places.pop_front();
  const std::size_t place = places.front();
  if (arrows_[place].arrived) {
    arrows_.push_back(arrows_[place]);
    arrows_.back().text += " (once more)";
    arrows_.back().arrived = now();
    return &arrows_.back();
  }
  arrows_[place].arrived = now();
  return &arrows_[place];
}

void Picture::OnSend(const Envelope& envelope) {
  Send(Encode(envelope),
       Arrow{now(), envelope.from.value(), std::nullopt, envelope.to.value(),
             NameOf(envelope.message), SlotOf(envelope.message), TextOf(envelope.message)});
}

void Picture::OnRequestSent(ClientId from, NodeId to, const lockservice::Request& request) {
  const Lane lane = kClients + from.value();
  lanes_[lane] = true;
  Send("request " + Encode(request),
       Arrow{now(), lane, std::nullopt, to.value(), "Request", 0, TextOf(request)});
}

void Picture::OnResponseSent(NodeId from, SocketId to, const lockservice::Response& response) {
  Send("response " + ToText(to) + " " + Encode(response),
       Arrow{now(), from.value(), std::nullopt, 0, "Response", 0, TextOf(response)});
}

void Picture::OnResponse(ClientId to, SocketId from, const lockservice::Response& response) {
  Arrow* arrow = Arrive("response " + ToText(from) + " " + Encode(response));
  if (arrow != nullptr) arrow->to = kClients + to.value();
}

// ---- disks and state machines ---------------------------------------------------------------

void Picture::OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq seq) {
  Open(node.value(), "sync", ToText(seq), "batch " + ToText(seq) + ": " + TextOf(batch));
}

void Picture::OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq seq) {
  Close(node.value(), "sync", ToText(seq));
  for (const Record& record : batch) {
    const std::uint64_t slot = SlotOf(record);
    if (slot != 0) Add(node.value(), "stored", slot, TextOf({record}));
  }
}

void Picture::OnApply(NodeId node, const ApplyContext& context, const Applied& /*applied*/) {
  const GlobalLog& log = cluster_->invariants().log();
  if (context.index > log.last_index()) return;
  const GlobalLog::Numbered& command = log.Find(context.index);
  Add(node.value(), "apply", command.slot.value(),
      "applies index=" + ToText(context.index) + " slot=" + ToText(command.slot) + ": " +
          TextOfCommand(command.command()));
}

// ---- locks ----------------------------------------------------------------------------------

Picture::Lane Picture::LaneOf(SessionId session) const {
  const auto found = sessions_.find(session);
  return found == sessions_.end() ? 0 : kClients + found->second.value();
}

void Picture::OnGranted(const std::string& name, const lockservice::Holder& holder) {
  const Lane lane = LaneOf(holder.session);
  if (lane != 0)
    Open(lane, "holds", name, "holds " + ToText(name) + ", token=" + ToText(holder.token));
}

void Picture::OnGrantOver(const std::string& name, const lockservice::Holder& holder) {
  Close(LaneOf(holder.session), "holds", name);
}

void Picture::OnState(ClientId client, const lockservice::StateChange& change) {
  sessions_[change.session] = client;
  const Lane lane = kClients + client.value();
  Close(lane, "jeopardy", "");
  if (change.to == lockservice::SessionState::kJeopardy)
    Open(lane, "jeopardy", "", "not confirmed in time: session=" + ToText(change.session));
  Add(lane, "state", 0, "session=" + ToText(change.session) + " is " + ToText(change.to));
}

void Picture::OnFenced(const std::string& name, lockservice::Token token) {
  Add(0, "fenced", 0, "the store refuses token=" + ToText(token) + " for " + ToText(name));
}

// ---- the failure ----------------------------------------------------------------------------

// Its text names a node and what it is about: "node=3 slot=17 ...". Who disagrees is whoever else
// did something about the same thing last; if nothing else is known, the sender of the last message
// that arrived.
std::vector<Picture::Point> Picture::Witnesses(const SeedResult& result) const {
  if (result.tag.empty()) return {};
  const Time at{result.at};
  std::smatch match;
  Lane lane = 0;
  if (std::regex_search(result.what, match, std::regex("\\bnode=(\\d+)")))
    lane = std::stoull(match[1].str());
  std::vector<std::string> subjects;
  const std::regex subject("\\b(slot|index|token|session)=\\d+\\b");
  for (std::sregex_iterator it(result.what.begin(), result.what.end(), subject), end; it != end;
       ++it)
    subjects.push_back(it->str());
  const auto is_about = [&](const Point& point) {
    return point.lane != lane &&
           std::any_of(subjects.begin(), subjects.end(), [&](const std::string& each) {
             return (point.text + " ").find(each + " ") != std::string::npos;
           });
  };
  std::vector<Point> witnesses;
  const auto other = std::find_if(points_.rbegin(), points_.rend(), is_about);
  if (other != points_.rend()) {
    witnesses.push_back(*other);
  } else {
    const Arrow* last = nullptr;
    for (const Arrow& arrow : arrows_) {
      if (arrow.arrived && (last == nullptr || *arrow.arrived >= *last->arrived)) last = &arrow;
    }
    if (last != nullptr)
      witnesses.push_back(
          Point{last->sent, last->from, "sent", last->slot, last->type + " " + last->text});
    if (last != nullptr && lane == 0) lane = last->to;
  }
  witnesses.push_back(Point{at, lane, result.tag, 0, result.what});
  return witnesses;
}

// ---- JSON -----------------------------------------------------------------------------------

namespace {

class Json {
 public:
  Json& Raw(std::string_view text) {
    out_ += text;
    return *this;
  }
  Json& Str(std::string_view text) {
    std::string quoted;
    AppendJsonString(text, &quoted);
    // So that no text can end the script that holds it.
    for (std::size_t at = 0; (at = quoted.find('<', at)) != std::string::npos;)
      quoted.replace(at, 1, "\\u003c");
    out_ += quoted;
    return *this;
  }
  Json& Num(std::uint64_t number) { return Raw(std::to_string(number)); }
  // In nanoseconds; -1: none.
  Json& When(const std::optional<Time>& time) {
    return Raw(time ? std::to_string(time->time_since_epoch().count()) : "-1");
  }
  // [each, each, ...]
  template <class List, class Write>
  Json& Array(const List& list, Write write) {
    out_ += '[';
    const char* separator = "";
    for (const auto& each : list) {
      out_ += std::exchange(separator, ",\n");
      write(each);
    }
    out_ += ']';
    return *this;
  }
  [[nodiscard]] std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace

std::string Picture::ToJson(const std::string& title, const SeedResult& result) const {
  Json json;
  const auto point = [&](const Point& each) {
    json.Raw("[").When(each.at).Raw(",").Num(each.lane).Raw(",").Str(each.kind).Raw(",");
    json.Num(each.slot).Raw(",").Str(each.text).Raw("]");
  };
  json.Raw("{\"title\":").Str(title).Raw(",\n\"tag\":").Str(result.tag);
  json.Raw(",\"what\":").Str(result.what).Raw(",\"end\":").When(Time{result.simulated});
  json.Raw(",\n\"lanes\":").Array(lanes_, [&](const auto& lane) { json.Num(lane.first); });
  json.Raw(",\n\"arrows\":").Array(arrows_, [&](const Arrow& each) {
    json.Raw("[").When(each.sent).Raw(",").Num(each.from).Raw(",").When(each.arrived).Raw(",");
    json.Num(each.to).Raw(",").Str(each.type).Raw(",").Num(each.slot).Raw(",").Str(each.text).Raw(
        "]");
  });
  json.Raw(",\n\"spans\":").Array(spans_, [&](const Span& each) {
    json.Raw("[").Num(each.lane).Raw(",").Str(each.kind).Raw(",").When(each.from).Raw(",");
    json.When(each.to).Raw(",").Str(each.text).Raw("]");
  });
  json.Raw(",\n\"points\":").Array(points_, point);
  json.Raw(",\n\"witnesses\":").Array(Witnesses(result), point);
  json.Raw("}\n");
  return json.Take();
}

}  // namespace paxos::sim
