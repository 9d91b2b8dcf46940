module lab/grafana

go 1.24.0
