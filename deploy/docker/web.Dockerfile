# web.Dockerfile - the sample web server of docker-compose.yml: the official nginx, writing its log into a folder.
#
# The official image has its log on stdout; here the folder exists and belongs to nginx's user, so that a new volume does too.

FROM docker.io/library/nginx:1.28.1
RUN install -d -o nginx -g nginx /var/log/web
COPY nginx.conf /etc/nginx/nginx.conf
COPY traffic.sh /usr/local/bin/
USER nginx
ENTRYPOINT ["nginx", "-g", "daemon off;"]
CMD []
