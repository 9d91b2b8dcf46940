// Grafana's stand-in: what a pod of it needs and nothing that is seen. It serves by HTTPS with the certificate that it
// is given, says that it is well, names the dashboards that it was provisioned with, and asks the provisioned data
// source for whoever knows the administrator's password, as Grafana's own proxy of data sources does.
package main

import (
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

const (
	source     = "/etc/grafana/provisioning/datasources/metrics.yaml"
	dashboards = "/etc/dashboards/*.json"
	proxied    = "/api/datasources/proxy/uid/metrics"
)

// What of a data source is used here. The file is JSON, which is YAML, too.
type provisioned struct {
	Datasources []struct {
		URL            string
		BasicAuthUser  string
		SecureJSONData struct{ BasicAuthPassword, TLSCACert string }
	}
}

func proxy() (http.Handler, error) {
	text, err := os.ReadFile(source)
	if err != nil {
		return nil, err
	}
	var found provisioned
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, err
	}
	if len(found.Datasources) != 1 {
		return nil, fmt.Errorf("%s has %d data sources, expected one", source, len(found.Datasources))
	}
	one := found.Datasources[0]
	target, err := url.Parse(one.URL)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM([]byte(one.SecureJSONData.TLSCACert)) {
		return nil, fmt.Errorf("%s has no certificate of an authority", source)
	}
	password := os.ExpandEnv(one.SecureJSONData.BasicAuthPassword)
	return &httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) {
			request.SetURL(target)
			request.Out.SetBasicAuth(one.BasicAuthUser, password)
		},
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}},
	}, nil
}

func answer(writer http.ResponseWriter, content any) {
	writer.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(writer).Encode(content); err != nil {
		log.Print(err)
	}
}

func health(writer http.ResponseWriter, _ *http.Request) {
	answer(writer, map[string]string{"database": "ok", "version": "stand-in of the lab"})
}

func search(writer http.ResponseWriter, _ *http.Request) {
	names, err := filepath.Glob(dashboards)
	if err != nil {
		log.Fatal(err)
	}
	found := make([]map[string]string, 0, len(names))
	for _, name := range names {
		found = append(found, map[string]string{"uri": "file/" + filepath.Base(name)})
	}
	answer(writer, found)
}

func administrator(next http.Handler) http.Handler {
	wanted := []byte(os.Getenv("GF_SECURITY_ADMIN_PASSWORD"))
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		user, password, _ := request.BasicAuth()
		if user != "admin" || subtle.ConstantTimeCompare([]byte(password), wanted) != 1 {
			http.Error(writer, "who is that?", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(writer, request)
	})
}

func main() {
	metrics, err := proxy()
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/api/health", health)
	http.Handle("/api/search", administrator(http.HandlerFunc(search)))
	http.Handle(proxied+"/", administrator(http.StripPrefix(proxied, metrics)))
	server := &http.Server{Addr: ":3000", ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServeTLS(os.Getenv("GF_SERVER_CERT_FILE"), os.Getenv("GF_SERVER_CERT_KEY")))
}
