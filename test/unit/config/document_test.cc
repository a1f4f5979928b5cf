// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Shapes, versions, ids, namespaces, carriers: what surrounds the fields of a document.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "reading.h"

namespace nuncio::config {
namespace {

using model::Fate;

std::string flat(const char* version, const char* kind, const char* more = "") {
  return "apiVersion: " + std::string(version) + "\nkind: " + kind + "\nname: m\nprefix: /p/\nservice: web\n" + more + "\n";
}

TEST_CASE("all versions of the product, in any letter case of the kind") {
  const char* kinds[] = {"Mapping", "mapping", "MAPPING", "AmbassadorMapping"};
  for (const char* version : {"ambassador/v0", "ambassador/v1", "ambassador/v2", "getambassador.io/v0", "getambassador.io/v1",
                              "getambassador.io/v2", "getambassador.io/v3alpha1", "x.getambassador.io/v3alpha1", "nuncio/v1"}) {
    for (const char* kind : kinds) {
      CAPTURE(std::string(version));
      const OneMapping one = read_mapping_text(flat(version, kind));
      REQUIRE(one.mapping);
      CHECK(one.said.empty());
      CHECK(one.mapping->id.kind == "Mapping");
      CHECK(one.content.documents[0].deprecated == contains(version, "v0"));
    }
  }
  const OneMapping later = read_mapping_text(flat("getambassador.io/v9", "Mapping"));
  CHECK(later.mapping);
  CHECK(contains(later.said, "notice: Mapping m: apiVersion 'getambassador.io/v9' is not known"));
}

TEST_CASE("other versions and kinds") {
  struct Case {
    const char* text;
    Fate fate;
    std::size_t errors;
    const char* said;
  };
  const Case cases[] = {
      {"apiVersion: example.com/v1\nkind: Mapping\nname: m\n", Fate::rejected, 1, "apiVersion 'example.com/v1' has no kind Mapping"},
      {"apiVersion: example.com/v1\nkind: Thing\nname: m\n", Fate::rejected, 1, "'example.com/v1' is none of Ambassador's"},
      {"apiVersion: v1\nkind: Mapping\nname: m\n", Fate::rejected, 1, "apiVersion 'v1' has no kind Mapping"},
      {"kind: Mapping\nname: m\n", Fate::rejected, 1, "the field 'apiVersion' is missing"},
      {"apiVersion: getambassador.io/v2\nname: m\n", Fate::rejected, 1, "the field 'kind' is missing"},
      {"name: m\n", Fate::rejected, 1, "the fields 'apiVersion' and 'kind' are missing"},
      {"apiVersion: getambassador.io/v2\nkind: Mapping\nprefix: /\nservice: a\n", Fate::rejected, 1, "the field 'name' is missing"},
      {"apiVersion: getambassador.io/v2\nkind: Mapping\nname: [a]\n", Fate::rejected, 1, "'name' must be a text"},
      {"apiVersion: getambassador.io/v2\nkind: Maping\nname: m\n", Fate::ignored, 0, "did you mean 'Mapping'?"},
      {"apiVersion: ambassador/v1\nkind: Linkerd2Resolver\nname: m\n", Fate::ignored, 0, "is not known and is ignored"},
      {"apiVersion: getambassador.io/v2\nkind: FilterPolicy\nname: m\n", Fate::not_served, 1, "nothing enforces this access rule"},
      {"apiVersion: v1\nkind: Service\nname: m\n", Fate::rejected, 1, "the field 'metadata' is missing"},
      {"apiVersion: getambassador.io/v2\nkind: Mapping\nname: m\nambassador_id: {a: b}\n", Fate::rejected, 1,
       "'ambassador_id' must be a list"},
      {"apiVersion: getambassador.io/v2\nkind: Mapping\nname: m\nnamespace: [a]\n", Fate::rejected, 1, "'namespace' must be a text"},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.text));
    const PieceContent content = read_text(entry.text);
    REQUIRE(content.documents.size() == 1);
    CHECK(content.documents[0].info.fate == entry.fate);
    CHECK(content.diagnostics.errors() == entry.errors);
    CAPTURE(joined(content.diagnostics));
    CHECK(contains(joined(content.diagnostics), entry.said));
  }
}

TEST_CASE("what is none of nuncio's business is passed over in silence") {
  for (const char* text : {"", "null\n", "# nothing\n", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n",
                           "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {}\n",
                           "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a}\n",
                           "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {other: b}}\n",
                           "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\n"}) {
    CAPTURE(std::string(text));
    const PieceContent content = read_text(text);
    CHECK(content.documents.empty());
    CHECK(content.diagnostics.empty());
  }
  for (const char* text : {"just text\n", "- a\n- list\n"}) {
    CHECK(contains(joined(read_text(text).diagnostics), "error: the document is not a mapping"));
  }
}

TEST_CASE("Kubernetes shape and lists") {
  const OneMapping object = read_mapping_text(
      "apiVersion: getambassador.io/v2\nkind: Mapping\nmetadata: {name: m, namespace: shop, labels: {a: b}}\n"
      "spec: {prefix: /p/, service: web}\nstatus: {}\n");
  REQUIRE(object.mapping);
  CHECK(object.said.empty());
  CHECK(object.mapping->id == model::Identity{"Mapping", "shop", "m"});
  CHECK(object.mapping->service.names == std::vector<std::string>{"web.shop", "web"});

  const OneMapping misplaced = read_mapping_text(
      "apiVersion: getambassador.io/v2\nkind: Mapping\nmetadata: {name: m}\nspec: {prefix: /p/, service: web}\nrewrite: /x\n");
  CHECK(misplaced.mapping);
  CHECK(contains(misplaced.said, "t.yaml:5:1: notice: Mapping m: unknown field 'rewrite'; it belongs under 'spec'"));

  CHECK(contains(read_mapping_text("apiVersion: getambassador.io/v2\nkind: Mapping\nmetadata: {name: m}\n").said, "'spec' is missing"));
  CHECK(contains(read_mapping_text("apiVersion: getambassador.io/v2\nkind: Mapping\nmetadata: {name: m}\nspec: [a]\n").said,
                 "'spec' must be"));

  const PieceContent list = read_text(
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: getambassador.io/v2, kind: Mapping, metadata: {name: a}, "
      "spec: {prefix: /a/, service: a}}\n- 7\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n"
      "- {apiVersion: getambassador.io/v2, kind: Mapping, name: b, prefix: /b/, service: b}\n");
  REQUIRE(list.documents.size() == 2);
  CHECK(list.documents[0].mapping->prefix == "/a/");
  CHECK(list.documents[1].info.place.text() == "t.yaml:7:3");
  CHECK(list.diagnostics.errors() == 1);
}

TEST_CASE("ambassador_id") {
  struct Case {
    const char* written;
    const char* own;
    bool applies;
  };
  const Case cases[] = {
      {"", "default", true},
      {"ambassador_id: default", "default", true},
      {"ambassador_id: [a, default]", "default", true},
      {"ambassador_id: a", "default", false},
      {"", "a", false},
      {"ambassador_id: a", "a", true},
      {"ambassador_id: [_automatic_]", "a", true},
      {"ambassador_id: _automatic_", "a", true},
      {"ambassador_id: [_automatic_, b]", "a", false},
      {"ambassador_id: []", "default", true},
      {"ambassador_id: ''", "default", true},
      {"ambassador_id: []", "a", false},
      {"ambassador_id: [--apiVersion-v3alpha1-only--a]", "a", true},
      {"ambassadorId: [a]", "a", true},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.written));
    ReadContext context = default_context();
    context.document.ambassador_id = entry.own;
    const std::string wrong = std::string(entry.written) + "\ntimeout_ms: soon\n";
    const OneMapping one = read_mapping_text(mapping_text(wrong), context);
    CHECK(one.fate == (entry.applies ? Fate::rejected : Fate::other_id));
    CHECK(one.said.empty() != entry.applies);
  }
}

TEST_CASE("namespaces") {
  ReadContext context = default_context();
  context.document.own_ns = "edge";
  context.document.ns = "edge";
  CHECK(read_mapping_text(mapping_text(""), context).mapping->id.ns == "edge");
  CHECK(read_mapping_text(mapping_text("namespace: _automatic_"), context).mapping->id.ns == "edge");
  const OneMapping foreign = read_mapping_text(mapping_text("namespace: shop\nunknown: 1"), context);
  CHECK(foreign.mapping->service.names == std::vector<std::string>{"web.shop", "web"});
  CHECK(contains(foreign.said, "Mapping m (shop): unknown field"));
  context.document.single_namespace = true;
  CHECK(read_mapping_text(mapping_text("namespace: shop"), context).fate == Fate::ignored);
  CHECK(read_mapping_text(mapping_text("namespace: edge"), context).fate == Fate::applied);
  context.document.bare_names = true;
  context.document.single_namespace = false;
  CHECK(read_mapping_text(mapping_text("namespace: shop"), context).mapping->service.names == std::vector<std::string>{"web"});
}

constexpr const char* kService = R"(# a comment
apiVersion: v1
kind: Service
metadata:
  name: qotm
  namespace: shop
  annotations:
    getambassador.io/config: |

      ---
      apiVersion: ambassador/v1
      kind: Mapping
      name: one
      prefix: /one/
      service: one
      ---
      prefix: [broken
      ---
      apiVersion: ambassador/v1
      kind: Mapping
      name: two
      prefix: /two/
      service: two.other
      timeout_ms: soon
spec:
  ports: []
)";

TEST_CASE("documents in an annotation have lines of the file and an index") {
  const PieceContent content = read_text(kService);
  REQUIRE(content.documents.size() == 2);
  CHECK(content.documents[0].info.place.text() == "t.yaml:11:7 (qotm.shop.1)");
  CHECK(content.documents[0].mapping->service.names == std::vector<std::string>{"one.shop", "one"});
  CHECK(content.documents[0].mapping->id.ns == "shop");
  CHECK(content.documents[1].info.fate == Fate::rejected);
  const auto lines = lines_of(content.diagnostics);
  REQUIRE(lines.size() == 2);
  CHECK(contains(lines[0], "(qotm.shop.2): error: cannot be read as YAML"));
  CHECK(contains(lines[1], "t.yaml:24:19 (qotm.shop.3): error: Mapping two (shop): 'timeout_ms'"));
}

TEST_CASE("other styles of annotations stand where they begin") {
  const PieceContent folded = read_text(
      "apiVersion: v1\nkind: Service\nmetadata:\n  name: q\n  annotations:\n"
      "    getambassador.io/config: \"{apiVersion: ambassador/v1, kind: Mapping, name: a, prefix: /a/, service: a, odd: 1}\"\n");
  REQUIRE(folded.documents.size() == 1);
  CHECK(folded.documents[0].mapping);
  CHECK(contains(joined(folded.diagnostics), "t.yaml:6:30 (q.default.1): notice: Mapping a: unknown field 'odd'"));

  const PieceContent list =
      read_text("apiVersion: v1\nkind: Service\nmetadata:\n  name: q\n  annotations:\n    getambassador.io/config: [a]\n");
  CHECK(contains(joined(list.diagnostics), "error: Service q: the annotation getambassador.io/config must be a text"));

  const PieceContent nested = read_text(
      "apiVersion: v1\nkind: Service\nmetadata:\n  name: q\n  annotations:\n    getambassador.io/config: |\n"
      "      apiVersion: v1\n      kind: Service\n      metadata: {name: inner, annotations: {getambassador.io/config: 'a: b'}}\n");
  CHECK(contains(joined(nested.diagnostics), "a Kubernetes object cannot stand in an annotation"));
}

TEST_CASE("an Ingress of ours is named, and its annotation is read") {
  const PieceContent content = read_text(
      "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: i\n  annotations:\n    kubernetes.io/ingress.class: Ambassador\n"
      "    getambassador.io/config: |\n      {apiVersion: ambassador/v1, kind: Mapping, name: a, prefix: /a/, service: a}\n");
  REQUIRE(content.documents.size() == 2);
  CHECK(content.documents[0].info.fate == Fate::not_served);
  CHECK(content.documents[1].mapping);
  CHECK(contains(joined(content.diagnostics), "an Ingress is not served"));
}

TEST_CASE("the number of documents in a list and an annotation is bounded") {
  ReadContext context = default_context();
  context.document_limit = 2;
  std::string items = "apiVersion: v1\nkind: List\nitems:\n";
  for (int i = 0; i < 5; ++i) items += "- {apiVersion: ambassador/v1, kind: Pragma, name: a}\n";
  const PieceContent content = read_text(items, context);
  CHECK(content.documents.size() == 2);
  CHECK(contains(joined(content.diagnostics), "more than 2 documents"));
}

}  // namespace
}  // namespace nuncio::config
