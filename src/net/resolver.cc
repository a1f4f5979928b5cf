// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/resolver.h"

#include <fstream>

#include <ares.h>
#include <event2/event.h>
#include <netinet/in.h>

#include <algorithm>
#include <limits>
#include <list>
#include <utility>

#include "base/text.h"

namespace nuncio {

namespace {

// the smallest answer record: a compressed name, type, class, TTL, length, an IPv4 address
constexpr std::size_t kSmallestRecord = 16;

LookupStatus status_of(int code) {
  switch (code) {
    case ARES_SUCCESS:
      return LookupStatus::found;
    case ARES_ENOTFOUND:
      return LookupStatus::no_such_name;
    case ARES_ENODATA:
      return LookupStatus::no_data;
    case ARES_EFORMERR:
    case ARES_EBADNAME:
    case ARES_EBADQUERY:
    case ARES_EBADRESP:
      return LookupStatus::malformed;
    default:
      return LookupStatus::no_answer;
  }
}

Address address_of(const ares_addrttl& record) {
  sockaddr_in socket_address{};
  socket_address.sin_family = AF_INET;
  socket_address.sin_addr = record.ipaddr;
  return Address(reinterpret_cast<const sockaddr*>(&socket_address), sizeof socket_address);
}

Address address_of(const ares_addr6ttl& record) {
  sockaddr_in6 socket_address{};
  socket_address.sin6_family = AF_INET6;
  std::copy_n(record.ip6addr._S6_un._S6_u8, sizeof record.ip6addr, socket_address.sin6_addr.s6_addr);
  return Address(reinterpret_cast<const sockaddr*>(&socket_address), sizeof socket_address);
}

void add_once(std::vector<Address>& addresses, const Address& address) {
  if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
}

bool is_localhost(std::string_view name) {
  constexpr std::string_view kLocalhost = "localhost";
  if (name.size() < kLocalhost.size()) return false;
  const std::string_view before = name.substr(0, name.size() - kLocalhost.size());
  return equals_ignore_case(name.substr(before.size()), kLocalhost) && (before.empty() || before.ends_with('.'));
}

void add_wanted(const std::vector<Address>& from, Families families, std::vector<Address>& to) {
  for (const int family : {AF_INET, AF_INET6}) {
    if (family == AF_INET ? !families.ipv4 : !families.ipv6) continue;
    for (const Address& address : from) {
      if (address.family() == family) add_once(to, address);
    }
  }
}

// What c-ares' parser finds in an answer. Returns its code.
template <class Record, class Parse>
int read_records(Parse parse, const unsigned char* answer, int size, std::vector<Address>& addresses, std::uint32_t& ttl_s) {
  std::vector<Record> records(static_cast<std::size_t>(size) / kSmallestRecord + 1);
  int count = static_cast<int>(records.size());
  const int code = parse(answer, size, nullptr, records.data(), &count);
  if (code != ARES_SUCCESS) return code;
  records.resize(static_cast<std::size_t>(count));
  ttl_s = std::numeric_limits<std::int32_t>::max();
  for (const Record& record : records) {
    ttl_s = std::min(ttl_s, static_cast<std::uint32_t>(std::max(record.ttl, 0)));  // the highest bit counts as 0 (RFC 2181 §8)
    add_once(addresses, address_of(record));
  }
  return addresses.empty() ? ARES_ENODATA : ARES_SUCCESS;
}

}  // namespace

std::string_view text_of(LookupStatus status) {
  switch (status) {
    case LookupStatus::found:
      return "found";
    case LookupStatus::no_such_name:
      return "no such name";
    case LookupStatus::no_data:
      return "the name has no address";
    case LookupStatus::malformed:
      return "the name, or the answer about it, is malformed";
    case LookupStatus::no_answer:
      break;
  }
  return "no answer from any name server";
}

// One of the two questions about a name.
struct Resolver::Query {
  Query(Lookup& whose, int which, bool ask) : lookup(whose), family(which), wanted(ask) {}

  Lookup& lookup;
  const int family;
  const bool wanted;
  bool pending = false;
  LookupStatus status = LookupStatus::no_data;
  std::vector<Address> addresses;
  std::uint32_t ttl_s = 0;
};

// A walk along the search list. Ends when both queries are back, which may be after its result was told.
struct Resolver::Lookup {
  Lookup(Channel& on, std::vector<std::string> to_ask, Families families, Done whom);

  bool pending() const { return ipv4.pending || ipv6.pending; }
  LookupStatus status() const;  // about the name at `at`

  Channel& channel;
  std::vector<std::string> names;
  std::size_t at = 0;
  LookupStatus so_far = LookupStatus::no_such_name;  // of the names that are absent
  Query ipv4;
  Query ipv6;
  Done done;  // empty: told
  Deadline straggler;
  std::list<Lookup>::iterator self;
};

// A set of name servers with its sockets: c-ares' channel, and the events and the deadline that drive it. c-ares may call back from
// within every call into it.
class Resolver::Channel {
 public:
  Channel(Resolver& resolver, const ResolvConf& conf);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  bool usable() const { return ares_ != nullptr; }
  bool idle() const { return lookups_.empty(); }
  void start(std::vector<std::string> names, Families families, Done done);

 private:
  friend struct Resolver::Lookup;
  struct Socket {
    int fd;
    EventPtr event;
  };

  static void on_answer(void* query, int code, int timeouts, unsigned char* answer, int size);
  void ask(Lookup& lookup);
  void send(Query& query);
  void take_answer(Query& query, int code, const unsigned char* answer, int size);
  void advance(Lookup& lookup);
  void tell(Lookup& lookup, LookupStatus status);
  void straggled(Lookup& lookup);
  void watch(int fd, bool readable, bool writable);
  void process(int readable, int writable);
  void arm();

  Resolver& resolver_;
  ares_channel ares_ = nullptr;
  std::vector<Socket> sockets_;
  std::list<Lookup> lookups_;
  Deadline timeout_;
  bool closing_ = false;
};

Resolver::Lookup::Lookup(Channel& on, std::vector<std::string> to_ask, Families families, Done whom)
    : channel(on),
      names(std::move(to_ask)),
      ipv4(*this, AF_INET, families.ipv4),
      ipv6(*this, AF_INET6, families.ipv6),
      done(std::move(whom)),
      straggler(
          on.resolver_.loop_.deadlines(),
          [](void* self_) {
            auto& lookup = *static_cast<Lookup*>(self_);
            lookup.channel.straggled(lookup);
          },
          this) {}

LookupStatus Resolver::Lookup::status() const {
  if (ipv4.status == LookupStatus::found || ipv6.status == LookupStatus::found) return LookupStatus::found;
  for (const Query* query : {&ipv4, &ipv6}) {
    if (query->wanted && !is_absent(query->status)) return query->status;
  }
  const bool neither_exists =
      (!ipv4.wanted || ipv4.status == LookupStatus::no_such_name) && (!ipv6.wanted || ipv6.status == LookupStatus::no_such_name);
  return neither_exists ? LookupStatus::no_such_name : LookupStatus::no_data;
}

Resolver::Channel::Channel(Resolver& resolver, const ResolvConf& conf)
    : resolver_(resolver),
      timeout_(
          resolver.loop_.deadlines(), [](void* self) { static_cast<Channel*>(self)->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }, this) {
  std::string no_file = "/dev/null";  // what the file says is handed over below
  ares_options options{};
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | (conf.use_tcp ? ARES_FLAG_USEVC : 0);
  options.timeout = static_cast<int>(conf.timeout_ms);
  options.tries = static_cast<int>(conf.attempts);
  options.resolvconf_path = no_file.data();
  options.sock_state_cb = [](void* self, int fd, int readable, int writable) {
    static_cast<Channel*>(self)->watch(fd, readable != 0, writable != 0);
  };
  options.sock_state_cb_data = this;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB |
                   (conf.rotate ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE);
  if (ares_init_options(&ares_, &options, mask) != ARES_SUCCESS) {
    ares_ = nullptr;
    return;
  }
  std::string servers;
  for (const std::string& server : conf.servers) servers += (servers.empty() ? "" : ",") + server;
  if (ares_set_servers_ports_csv(ares_, servers.c_str()) == ARES_SUCCESS) return;
  ares_destroy(std::exchange(ares_, nullptr));
}

Resolver::Channel::~Channel() {
  closing_ = true;
  if (ares_ != nullptr) ares_destroy(ares_);
}

void Resolver::Channel::start(std::vector<std::string> names, Families families, Done done) {
  Lookup& lookup = lookups_.emplace_front(*this, std::move(names), families, std::move(done));
  lookup.self = lookups_.begin();
  ask(lookup);
  arm();
}

// Afterwards the look-up may be gone: c-ares answers at once when a name is malformed or no server can be reached.
void Resolver::Channel::ask(Lookup& lookup) {
  const bool ipv6 = lookup.ipv6.wanted;
  lookup.ipv4.pending = lookup.ipv4.wanted;
  lookup.ipv6.pending = ipv6;
  if (lookup.ipv4.wanted) send(lookup.ipv4);
  if (ipv6) send(lookup.ipv6);  // still there: it is pending
}

void Resolver::Channel::send(Query& query) {
  const int type = query.family == AF_INET ? 1 : 28;  // A (RFC 1035 §3.2.2), AAAA (RFC 3596 §2.1)
  ares_query(ares_, query.lookup.names[query.lookup.at].c_str(), 1, type, on_answer, &query);
}

void Resolver::Channel::on_answer(void* query, int code, int, unsigned char* answer, int size) {
  Query& asked = *static_cast<Query*>(query);
  Channel& self = asked.lookup.channel;
  if (!self.closing_) self.take_answer(asked, code, answer, size);
}

void Resolver::Channel::take_answer(Query& query, int code, const unsigned char* answer, int size) {
  Lookup& lookup = query.lookup;
  query.pending = false;
  if (code == ARES_SUCCESS) {
    code = query.family == AF_INET ? read_records<ares_addrttl>(ares_parse_a_reply, answer, size, query.addresses, query.ttl_s)
                                   : read_records<ares_addr6ttl>(ares_parse_aaaa_reply, answer, size, query.addresses, query.ttl_s);
  }
  query.status = status_of(code);
  if (!lookup.pending()) {
    advance(lookup);
  } else if (query.family == AF_INET && query.status == LookupStatus::found) {
    lookup.straggler.set(resolver_.loop_.now_ms() + resolver_.settings_.straggler_ms);
  }
}

// Both answers about one name are there.
void Resolver::Channel::advance(Lookup& lookup) {
  const LookupStatus status = lookup.status();
  if (status == LookupStatus::no_data) lookup.so_far = status;
  if (is_absent(status) && lookup.at + 1 < lookup.names.size()) {
    ++lookup.at;
    ask(lookup);
    return;
  }
  if (lookup.done) tell(lookup, is_absent(status) ? lookup.so_far : status);
  lookups_.erase(lookup.self);
  resolver_.go_on_later();  // a channel that is no longer used may go then
}

void Resolver::Channel::tell(Lookup& lookup, LookupStatus status) {
  LookupResult result;
  result.status = status;
  result.name = std::move(lookup.names[lookup.at]);
  for (Query* query : {&lookup.ipv4, &lookup.ipv6}) {
    if (!query->wanted || status != LookupStatus::found) continue;
    if (query->pending || (query->status != LookupStatus::found && !is_absent(query->status))) result.incomplete = true;
    if (query->addresses.empty()) continue;
    result.ttl_s = result.addresses.empty() ? query->ttl_s : std::min(result.ttl_s, query->ttl_s);
    result.addresses.insert(result.addresses.end(), query->addresses.begin(), query->addresses.end());
  }
  resolver_.finish(std::exchange(lookup.done, {}), std::move(result));
}

// Many name servers never answer questions about IPv6; that must not cost every first request its patience.
void Resolver::Channel::straggled(Lookup& lookup) {
  if (lookup.done) tell(lookup, LookupStatus::found);
}

void Resolver::Channel::watch(int fd, bool readable, bool writable) {
  std::erase_if(sockets_, [fd](const Socket& socket) { return socket.fd == fd; });
  const int interest = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);
  if (interest == 0) return;
  const auto on_event = [](evutil_socket_t ready, short what, void* self) {
    static_cast<Channel*>(self)->process((what & EV_READ) != 0 ? ready : ARES_SOCKET_BAD, (what & EV_WRITE) != 0 ? ready : ARES_SOCKET_BAD);
  };
  EventPtr event(event_new(resolver_.loop_.base(), fd, static_cast<short>(interest | EV_PERSIST), on_event, this));
  if (event == nullptr || event_add(event.get(), nullptr) != 0) return;  // then the query runs into its time limit
  sockets_.push_back({fd, std::move(event)});
}

void Resolver::Channel::process(int readable, int writable) {
  ares_process_fd(ares_, readable, writable);
  arm();
}

void Resolver::Channel::arm() {
  timeval left{};
  if (ares_timeout(ares_, nullptr, &left) == nullptr) return timeout_.clear();
  const auto ms = static_cast<std::uint64_t>(left.tv_sec) * 1000 + static_cast<std::uint64_t>(left.tv_usec) / 1000;
  timeout_.set(resolver_.loop_.now_ms() + ms + 1);
}

std::string Resolver::problem_of(const std::string& resolv_conf) {
  std::ifstream file(resolv_conf);
  std::string line;
  bool names_a_server = false;
  while (std::getline(file, line)) names_a_server = names_a_server || trim_ows(line).starts_with("nameserver");
  if (!file.eof()) return "the file of name servers " + resolv_conf + " cannot be read; name another one with --resolv-conf";
  if (!names_a_server) return "no line of " + resolv_conf + " names a name server (nameserver ADDRESS[:PORT])";
  return {};
}

Resolver::Resolver(Loop& loop, Settings settings)
    : loop_(loop), settings_(std::move(settings)), hosts_(settings_.hosts), resolv_conf_(settings_.resolv_conf) {}

Resolver::~Resolver() = default;

void Resolver::resolve(std::string_view name, Families families, Done done) {
  if (answer_locally(name, families, done)) return;
  Channel* channel = current_channel();
  if (channel == nullptr) return finish(std::move(done), {});
  channel->start(search_names(resolv_conf_.conf(), name), families, std::move(done));
}

bool Resolver::answer_locally(std::string_view name, Families families, Done& done) {
  LookupResult result;
  if (name.ends_with('.')) name.remove_suffix(1);
  result.name = name;
  if (const auto literal = Address::literal(name, 0)) {
    result.addresses.push_back(*literal);
  } else if (const auto* known = hosts_.find(name)) {
    add_wanted(*known, families, result.addresses);
  } else if (is_localhost(name)) {
    add_wanted({*Address::literal("127.0.0.1", 0), *Address::literal("::1", 0)}, families, result.addresses);
  }
  if (result.addresses.empty()) return false;
  result.status = LookupStatus::found;
  finish(std::move(done), std::move(result));
  return true;
}

Resolver::Channel* Resolver::current_channel() {
  if (resolv_conf_.refresh() || channels_.empty() || !channels_.back()->usable()) {
    channels_.push_back(std::make_unique<Channel>(*this, resolv_conf_.conf()));
  }
  return channels_.back()->usable() ? channels_.back().get() : nullptr;
}

void Resolver::finish(Done done, LookupResult result) {
  finished_.push_back({std::move(done), std::move(result)});
  go_on_later();
}

void Resolver::go_on_later() {
  if (!linked()) loop_.defer(*this);
}

void Resolver::next_turn() {
  std::vector<Finished> finished;
  finished.swap(finished_);
  for (Finished& item : finished) item.done(std::move(item.result));
  while (channels_.size() > 1 && channels_.front()->idle()) channels_.erase(channels_.begin());
}

}  // namespace nuncio
